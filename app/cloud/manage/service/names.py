"""Names that people choose: of apps and their accounts, of people, of tokens.

The rules are for new names. Names that an earlier version took are read and shown as they are.
"""

from __future__ import annotations

import unicodedata

from app.cloud.manage.service.office import Refused
from domain.plain import plain

LONGEST = 200  # characters of a name of any letters
LONGEST_PLAIN = 64  # of one that is typed at a log-in, or stands in a list of tokens
_BREAKING = ("Cc", "Cs", "Zl", "Zp")  # control characters, halves of characters, ends of lines
_UNSEEN = (*_BREAKING, "Cf", "Zs")  # and signs that only join or direct others, blanks


def must_be_name(field: str, name: str) -> None:
    """Refuse a name that cannot be seen, or that would break the line it stands in."""
    kinds = {unicodedata.category(char) for char in name[:LONGEST]}
    if len(name) > LONGEST or kinds.intersection(_BREAKING) or kinds.issubset(_UNSEEN):
        raise Refused(
            422,
            f"{field} has 1 to {LONGEST} characters: not only blanks, and no control characters",
        )


def must_be_plain(name: str) -> None:
    """Refuse the name of a person or of a token that has other signs than a version's."""
    if not plain(name, LONGEST_PLAIN):
        raise Refused(422, f"a name has 1 to {LONGEST_PLAIN} letters, digits, dots, _ and -")
