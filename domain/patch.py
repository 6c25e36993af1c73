"""Makes the files of a release from those of one before it; `build/release/patch.py` says how.

Numbers are little-endian, seven bits a byte, the eighth says that more follow. A record is the
length of a file's name, the length of its steps, the name, the steps. A step is three numbers and
new bytes: how many these are; how far to go on from where the last copy ended and as many behind it
(doubled; odd is back, less one); how many to copy from there, behind the new ones. Records are in
the order of their names; the last is named `END`. It only saves bytes: nothing here says whether
the outcome is right, the manifest does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from domain.errors import DeviceError

if TYPE_CHECKING:
    from ports.storage import Storage

END = "~"  # behind all names
_PIECE = 256
_LONGEST = 4  # bytes of a number


class Patch:
    """`name`: its file. Files are to be asked for in their order."""

    def __init__(self, storage: Storage, name: str) -> None:
        self.storage = storage
        self.name = name
        self.at = 0
        self.next = 0  # record

    def make(self, name: str, sources: tuple[str, ...], write: Callable[[bytes], None]) -> None:
        """Write what the file of this name becomes. `sources`: folders, one of which has what it
        was. Raises DeviceError (`storage`) if that is not known, maybe after some of it."""
        wanted, there, begin = name.encode(), b"", 0
        while there < wanted:
            self.at = begin = self.next
            size, length = self._numbers(2)
            there = self.storage.part(self.name, self.at, size)
            self.at += size
            self.next = self.at + length
        if there != wanted:
            self.next = begin
            raise DeviceError("storage", "%s has no %s" % (self.name, name))
        old, place = self._old(name, sources), 0
        while self.at < self.next:
            new, move, size = self._numbers(3)
            self._pass(self.name, self.at, new, write)
            self.at += new
            place += new + (move // 2 if move % 2 == 0 else -(move // 2) - 1)
            self._pass(old, place, size, write)
            place += size

    def _old(self, name: str, sources: tuple[str, ...]) -> str:
        for source in sources:
            try:
                self.storage.part(source + name, 0, 1)
                return source + name
            except DeviceError:
                pass
        return name  # new: nothing is copied

    def _pass(self, name: str, at: int, size: int, write: Callable[[bytes], None]) -> None:
        while size:
            data = self.storage.part(name, at, min(size, _PIECE)) if at >= 0 else b""
            if not data:
                raise DeviceError("storage", "%s is shorter than it was" % name)
            write(data)
            at += len(data)
            size -= len(data)

    def _numbers(self, count: int) -> list[int]:
        found: list[int] = []
        number = shift = 0
        for byte in self.storage.part(self.name, self.at, _LONGEST * count):
            self.at += 1
            number += (byte & 127) << shift
            shift += 7
            if byte < 128:
                found.append(number)
                number = shift = 0
                if len(found) == count:
                    return found
        raise DeviceError("storage", "%s is cut" % self.name)
