"""Patches: a release's files from those of an earlier one; `build/release/patch.py` writes them.

Numbers are little-endian, seven bits a byte, the eighth says that more follow. A record is the
length of a file's name, the length of its steps, the name, the steps. Records are in the order of
their names; the last is named `END`. A step adds new bytes, in place of as many of the old file,
then it copies old ones:

- four times the count of new bytes; plus `MOVED` if the old ones do not go on where they stopped,
  plus `CHANGED` if the new bytes are given as differences from the old ones, modulo 256;
- if moved: the distance, doubled; for a move back, the distance less one, doubled, plus one;
- the count of bytes to copy; and then the new bytes.

A patch only saves traffic. Nothing here verifies the outcome; the manifest does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator

from domain.errors import DeviceError

if TYPE_CHECKING:
    from ports.storage import Source, Storage

MOVED = 1
CHANGED = 2
END = "~"  # behind all names
_PIECE = 256
_BITS = 28  # of a number, at most


class Patch:
    """A patch in the file `name`. Its files must be requested in their order."""

    def __init__(self, storage: Storage, name: str) -> None:
        self.storage = storage
        self.name = name
        self.view = View(storage, name)
        self.at = 0
        self.next = 0  # record

    def file(self, name: str, sources: tuple[str, ...]) -> Source:
        """Return a stream of the new content of a file. `sources`: folders, one of which has the
        old content. Raises DeviceError (`storage`) if the patch lacks the file, or a part of it
        while it is read."""
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
        return Joined(self._pieces(self._old(name, sources)))

    def _pieces(self, old: View) -> Iterator[bytes]:
        place = 0
        while self.at < self.next:
            new = self._number()
            move = self._number() if new & MOVED else 0
            size = self._number()
            begin, count = self.at, new >> 2
            self.at += count
            if new & CHANGED:
                for at in range(count):
                    byte = self.view.part(begin + at, 1)[0] + old.part(place + at, 1)[0]
                    yield bytes((byte & 255,))
                place, count = place + count, 0
            place += count + (-(move // 2) - 1 if move & 1 else move // 2)
            for view, at, left in ((self.view, begin, count), (old, place, size)):
                while left:
                    data = view.part(at, left)
                    yield data
                    at += len(data)
                    left -= len(data)
            place += size

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
    """A file of which one piece is in memory: steps are short, and opening the file is slow."""

    def __init__(self, storage: Storage, name: str) -> None:
        self.storage = storage
        self.name = name
        self.begin = 0
        self.held = b""

    def part(self, at: int, size: int) -> bytes:
        """Return some of the `size` bytes that begin at `at`. Raises DeviceError if there are
        none."""
        if not self.begin <= at < self.begin + len(self.held):
            self.held = self.storage.part(self.name, at, _PIECE) if at >= 0 else b""
            self.begin = at
            if not self.held:
                raise DeviceError("storage", "%s is shorter than it was" % self.name)
        at -= self.begin
        return self.held[at : at + size]


class Joined:
    """A stream that joins pieces: they are short, and its reader is slow at each call."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces
        self.rest = b""

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer, with less only at the end; return the number of bytes."""
        size = min(len(self.rest), len(buffer))
        buffer[:size], self.rest = self.rest[:size], self.rest[size:]
        if size < len(buffer):
            for piece in self.pieces:
                fits = min(len(piece), len(buffer) - size)
                buffer[size : size + fits] = piece[:fits]
                size, self.rest = size + fits, piece[fits:]
                if size == len(buffer):
                    break
        return size
