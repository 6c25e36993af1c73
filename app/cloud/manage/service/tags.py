"""Tags: free words by which an owner finds Things, and rolls out to some of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from app.cloud.manage.service.office import Refused
from app.cloud.tables.things import ThingRow

LONGEST = 36  # characters
MOST = 20  # of a Thing
_SIGNS = "-_.:+#@"  # beside letters and digits; no comma, blank or bar, which separate tags


def tag_of(word: str) -> str:
    """Return the tag that a word is, in small letters; raises Refused."""
    tag = unicodedata.normalize("NFC", word).lower()
    if not (0 < len(tag) <= LONGEST and all(sign.isalnum() or sign in _SIGNS for sign in tag)):
        raise Refused(
            422, f"{word[:LONGEST]!r} is no tag: 1 to {LONGEST} letters, digits, or of {_SIGNS}"
        )
    return tag


def tagged(thing: ThingRow, add: Iterable[str], drop: Iterable[str]) -> set[str]:
    """Return a Thing's tags with some added and some dropped; raises Refused for too many."""
    tags = {*thing.tags, *map(tag_of, add)} - set(map(tag_of, drop))
    if len(tags) > MOST:
        raise Refused(422, f"{thing.tid} would have {len(tags)} tags, and may have {MOST}")
    return tags
