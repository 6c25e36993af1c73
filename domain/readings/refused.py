"""The last few items that the cloud refused while it took others, for the owner to see."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ports.storage import Storage

NAME = "refused"
KEPT = 4
SHOWN = 512  # characters of each: a reading is no longer


def keep(storage: Storage, what: str, text: str, item: object) -> None:
    """Note `item` and why it was given up; the oldest gives way. Raises `DeviceError`."""
    try:
        shown = repr(item)[:SHOWN]
    except RuntimeError:  # nested too deeply, or in itself
        shown = ""
    line = json.dumps([what, text, shown]).encode()
    storage.replace(NAME, b"\n".join(_lines(storage)[1 - KEPT :] + [line]))


def kept(storage: Storage) -> list[str]:
    """Return one line of JSON for each item: [its kind, why it was given up, the item]."""
    return [line.decode() for line in _lines(storage)]


def _lines(storage: Storage) -> list[bytes]:
    return [line for line in (storage.read(NAME) or b"").split(b"\n") if line]
