"""The key list of this Thing, and what it says of an app's files."""

from __future__ import annotations

from typing import Any

from domain.errors import CloudError
from domain.parameters import TRUST
from domain.thing import Thing
from domain.trust import MAX_TEXT, Keys, check_app, refused

COPY = TRUST + ".copy"


def trusted(thing: Thing) -> Keys:
    """The key list in force; from its copy where a bit of it has flipped: its roots sign it."""
    storage = thing.storage
    data = storage.read(TRUST, MAX_TEXT)
    if data is None:
        raise refused("T3", "this Thing has no key list - give it one, named %s" % TRUST)
    try:
        keys = _whole(data, thing.crypto)
    except CloudError:
        data = storage.read(COPY, MAX_TEXT)
        if data is None:
            raise
        keys = _whole(data, thing.crypto)
        storage.replace(TRUST, data)
    if COPY not in storage.names():
        storage.replace(COPY, data)
    return keys


def _whole(data: bytes, crypto: Any) -> Keys:
    keys = Keys(data, crypto)
    keys.check(data, "root", crypto)
    return keys


def check_files(thing: Thing, version: str, folder: str, names: list[str]) -> None:
    """Raises unless all files of an app are signed."""
    keys = trusted(thing)
    for name in names:
        data = thing.storage.read("%s/%s" % (folder, name)) or b""
        check_app(data, name, version, keys, thing.crypto)
