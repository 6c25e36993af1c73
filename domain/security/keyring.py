"""The key list of this Thing."""

from __future__ import annotations

from domain.errors import CloudError
from domain.security.signed import MAX_TEXT, refused
from domain.security.trust import Keys, first_keys
from domain.settings.parameters import TRUST
from domain.thing import Thing

COPY = TRUST + ".copy"


def trusted(thing: Thing) -> Keys:
    """Return the key list in force; restore it from its copy if a bit of it has flipped, which its
    own roots' signatures reveal."""
    storage = thing.storage
    data = storage.read(TRUST, MAX_TEXT)
    if data is None:
        raise refused("T3", "this Thing has no key list - give it one, named %s" % TRUST)
    try:
        keys = first_keys(data, thing.crypto)
    except CloudError:
        data = storage.read(COPY, MAX_TEXT)
        if data is None:
            raise
        keys = first_keys(data, thing.crypto)
        storage.replace(TRUST, data)
    if COPY not in storage.names():
        storage.replace(COPY, data)
    return keys
