"""Makes the files of a release from those of one before it; `build/release/patch.py` says how.

Numbers are little-endian, seven bits a byte, the eighth says that more follow. A record is the
length of a file's name, the length of its steps, the name, the steps. Records are in the order of
their names; the last is named `END`. A step adds new bytes, which stand for as many of the old
file, then it copies old ones:

- four times how many are new; plus `MOVED` if the old ones do not go on where they stopped, plus
  `CHANGED` if what is given is by how much the new bytes are more than the old, modulo 256;
- if moved: by how much, doubled; odd is back, less one;
- how many to copy; and then the new bytes.

It only saves bytes on the way. Nothing here says whether the outcome is right; the manifest does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from domain.errors import DeviceError

if TYPE_CHECKING:
    from ports.storage import Storage

MOVED = 1
CHANGED = 2
END = "~"  # behind all names
_PIECE = 256
_BITS = 28  # of a number, at most


class Patch:
    """`name`: its file. Files are to be asked for in their order."""

    def __init__(self, storage: Storage, name: str) -> None:
        self.storage = storage
        self.name = name
        self.view = View(storage, name)
        self.at = 0
        self.next = 0  # record

    def make(self, name: str, sources: tuple[str, ...], write: Callable[[bytes], None]) -> None:
        """Write what the file of this name becomes. `sources`: folders, one of which has what it
        was. Raises DeviceError (`storage`) if that is not known, maybe after some of it."""
        wanted, there, begin = name.encode(), b"", 0
        while there < wanted:
            self.at = begin = self.next
            size, length = self._number(), self._number()
            there = self.storage.part(self.name, self.at, size)
            self.at += size
            self.next = self.at + length
        if there != wanted:
            self.next = begin
            raise DeviceError("storage", "%s has no %s" % (self.name, name))
        old, place = self._old(name, sources), 0
        made = bytearray()  # steps are short, and what takes them takes its time

        def add(data: bytes) -> None:
            made.extend(data)
            if len(made) >= _PIECE:
                write(bytes(made))
                made[:] = b""

        while self.at < self.next:
            new = self._number()
            move = self._number() if new & MOVED else 0
            size = self._number()
            if new & CHANGED:
                for _ in range(new >> 2):
                    byte = self.view.part(self.at, 1)[0] + old.part(place, 1)[0]
                    add(bytes((byte & 255,)))
                    self.at += 1
                    place += 1
            else:
                self.view.send(self.at, new >> 2, add)
                self.at += new >> 2
                place += new >> 2
            place += -(move // 2) - 1 if move & 1 else move // 2
            old.send(place, size, add)
            place += size
        write(bytes(made))

    def _old(self, name: str, sources: tuple[str, ...]) -> View:
        for source in sources:
            try:
                self.storage.part(source + name, 0, 1)
                return View(self.storage, source + name)
            except DeviceError:
                pass
        return View(self.storage, name)  # it is new, and nothing is copied

    def _number(self) -> int:
        number = shift = 0
        byte = 128
        while byte > 127 and shift < _BITS:
            byte = self.view.part(self.at, 1)[0]
            self.at += 1
            number += (byte & 127) << shift
            shift += 7
        return number


class View:
    """A file of which a piece is in memory: steps are short, and opening it takes its time."""

    def __init__(self, storage: Storage, name: str) -> None:
        self.storage = storage
        self.name = name
        self.begin = 0
        self.held = b""

    def part(self, at: int, size: int) -> bytes:
        """Some of the `size` bytes that begin there. Raises DeviceError if there are none."""
        if not self.begin <= at < self.begin + len(self.held):
            self.held = self.storage.part(self.name, at, _PIECE) if at >= 0 else b""
            self.begin = at
            if not self.held:
                raise DeviceError("storage", "%s is shorter than it was" % self.name)
        at -= self.begin
        return self.held[at : at + size]

    def send(self, at: int, size: int, write: Callable[[bytes], None]) -> None:
        """All of them."""
        while size:
            data = self.part(at, size)
            write(data)
            at += len(data)
            size -= len(data)
