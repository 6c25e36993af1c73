"""The partition table of an ESP32, which divides its flash.

Source: Espressif, ESP-IDF Programming Guide, "Partition Tables"; gen_esp32part.py.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

from build.firmware.model import FirmwareError

OFFSET = 0x8000  # in the flash; MicroPython builds with the default
_ROOM = 0xC00
_ROW = struct.Struct("<2sBBII16sI")
_MAGIC = b"\xaa\x50"
_MD5 = b"\xeb\xeb" + b"\xff" * 14
_END = b"\xff" * _ROW.size
_SECTOR = 0x1000

APP = 0
DATA = 1


@dataclass(frozen=True)
class Partition:
    """A row: `kind` is `APP`, `DATA` or a project's own number."""

    label: str
    kind: int
    subtype: int
    offset: int
    size: int

    @property
    def end(self) -> int:
        """The offset of the first byte after the partition."""
        return self.offset + self.size


def parse(table: bytes) -> tuple[Partition, ...]:
    """Parse a table into its rows, sorted by offset. Raise `FirmwareError` if it is damaged."""
    found = []
    for at in range(0, _ROOM, _ROW.size):
        row = table[at : at + _ROW.size]
        if len(row) < _ROW.size:
            raise FirmwareError("its partition table is truncated")
        if row == _END:
            break
        if row.startswith(_MD5):
            if hashlib.md5(table[:at], usedforsecurity=False).digest() != row[len(_MD5) :]:
                raise FirmwareError("its partition table is damaged: the MD5 is wrong")
            continue
        found.append(_partition(row))
    if not found:
        raise FirmwareError("it has no partition table")
    found.sort(key=lambda one: one.offset)
    for one, after in zip(found, found[1:]):
        if one.end > after.offset:
            raise FirmwareError(
                "its partition table is damaged: %s and %s overlap" % (one.label, after.label)
            )
    return tuple(found)


def _partition(row: bytes) -> Partition:
    magic, kind, subtype, offset, size, label, _ = _ROW.unpack(row)
    if magic != _MAGIC:
        raise FirmwareError("it has no partition table, or a damaged one")
    try:
        name = label.split(b"\0")[0].decode("ascii")
    except UnicodeDecodeError:
        raise FirmwareError("its partition table is damaged: a name is not text") from None
    if offset % _SECTOR or size % _SECTOR or not size or offset < OFFSET + _SECTOR:
        raise FirmwareError("its partition table is damaged: %s lies nowhere" % name)
    return Partition(name, kind, subtype, offset, size)
