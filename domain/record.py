"""Small records that survive power cuts and bit rot: two copies, each with a number and a checksum.

A record is one line: the checksum (8 hex digits) of the rest, a space, JSON `[number, value]`.
Writes go to the older copy in turn; the valid one with the higher number is the record.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from domain.checksum import checksum
from domain.errors import DeviceError

if TYPE_CHECKING:
    from ports.storage import Storage

MAX_RECORD = 16384


def encode(number: int, value: object) -> bytes:
    """Return the record as it is stored."""
    return _line(json.dumps([number, value]).encode())


def decode(data: bytes | None) -> tuple[int, Any]:
    """Return (number, value), or (0, None) if `data` is no whole record."""
    try:
        line = bytes(data or b"")
        payload = line[9:-1]
        if line == _line(payload):
            found = json.loads(payload)
            if isinstance(found, list) and len(found) == 2 and isinstance(found[0], int):
                return found[0], found[1]
    except (ValueError, TypeError, RuntimeError):  # the last: nested too deeply
        pass  # cut, garbled or foreign: as good as absent
    return 0, None


def load(storage: Storage, name: str) -> tuple[int, Any]:
    """Return the newer valid copy of the record `name`, or (0, None) if there is none.

    Raise `DeviceError` when neither copy can be read.
    """
    copies = []
    for copy in (0, 1):
        try:
            copies.append(decode(storage.read("%s.%d" % (name, copy), MAX_RECORD)))
        except DeviceError:
            if copy and not copies:
                raise
    return max(copies, key=lambda copy: copy[0])


def save(storage: Storage, name: str, number: int, value: object) -> None:
    """Write the record with a `number` higher than the last, over the older copy."""
    storage.replace("%s.%d" % (name, number % 2), encode(number, value))


def _line(payload: bytes) -> bytes:
    return b"%s %s\n" % (checksum(payload).encode(), payload)
