"""The slots of the OS in the part of an ESP8266's flash that is mapped into memory, where modules
are executed in place.

The firmware's variant with ROMFS has 320 KiB of it: 26 sectors for the factory's OS, which is never
written, then as many for `os.a`, and for `os.b`. Each begins with an image in the format of a ROMFS
(micropython: extmod/vfs_rom.c; build/firmware/romfs.py). The folder of that name then holds only a
note, which tells the loader (app/runtime/loader.py) where the image is.
"""

from __future__ import annotations

import hashlib
import os

from domain.checksum import of
from domain.errors import DeviceError

_MAPPED = 0xB0000  # micropython: ports/esp8266/boards/esp8266_2MiB_ROMFS.ld
_SECTOR = 4096
_SLOT = 106496  # 26 sectors
_NOTE = "sealed"
_MAGIC = b"\xd2\xcd\x31"
_PIECE = 512  # bytes written at once


def seal(folder: str) -> None:
    """Move the files of a folder, `.../os.a` or `.../os.b`, into its slot; do nothing if there is
    none. The note is written once the image is whole, and the files are removed after that."""
    if not _there():
        return
    try:
        names = sorted(os.listdir(folder))
        slot = _Slot(_MAPPED + (ord(folder[-1]) - 96) * _SLOT)
        slot.make(folder, names)
        checksum = slot.check()
        with open(folder + "/" + _NOTE, "w") as file:
            file.write("%d %d %s" % (slot.start - _MAPPED, slot.size, checksum))
        for name in names:
            os.remove(folder + "/" + name)
    except OSError as error:
        raise DeviceError("storage", "the flash cannot be written: %r" % error) from error


def _there() -> bool:
    """Return whether the slots exist, and the factory's OS ends before the first of them."""
    try:
        import esp
        import vfs

        mapped = vfs.rom_ioctl(2, 0)
        begins: bytes = esp.flash_read(_MAPPED, 64)
        if bytes(mapped[:64]) != begins or begins[:3] != _MAGIC:
            return False
    except (ImportError, AttributeError, TypeError):
        return False  # another firmware
    at, size = 3, 0
    while begins[at] > 127:
        size = (size + begins[at] - 128) * 128
        at += 1
    return at + 1 + size + begins[at] <= _SLOT and len(mapped) >= 3 * _SLOT


class _Slot:
    """An image of `size` bytes in the flash, from `start` on; `hasher` has digested all of them."""

    def __init__(self, start: int) -> None:
        import esp

        self._esp = esp
        self.start = start
        self.size = 0
        self.hasher = hashlib.sha256()
        self._buffer = bytearray(_PIECE)
        self._filled = 0

    def make(self, folder: str, names: list[str]) -> None:
        """Write the image with the files of these names."""
        body = sum([len(_head(folder, name)) + _size(folder, name) for name in names])
        length = _number(body)
        if (len(_MAGIC) + len(length) + body) % 2:
            length = b"\x80" + length
        whole = len(_MAGIC) + len(length) + body
        if whole > _SLOT:
            text = "the OS takes %d bytes of flash, and has %d - make it smaller"
            raise DeviceError("disk_full", text % (whole, _SLOT))
        self._put(_MAGIC + length)
        for name in names:
            self._put(_head(folder, name))
            with open(folder + "/" + name, "rb") as file:
                count = 1
                while count:
                    count = file.readinto(memoryview(self._buffer)[self._filled :])
                    self._took(count)
        if self._filled:
            self._flush()
        if self.size != whole:
            raise DeviceError("storage", "a file has changed while it was read - try again")

    def check(self) -> str:
        """Read the image back; return its checksum."""
        left, hasher = self.size, hashlib.sha256()
        view = memoryview(self._buffer)
        while left > 0:
            self._esp.flash_read(self.start + self.size - left, self._buffer)
            hasher.update(view[: min(left, _PIECE)])
            left -= _PIECE
        found = of(hasher)
        if found != of(self.hasher):
            raise DeviceError("storage", "the flash does not keep what is written - replace it")
        return found

    def _put(self, data: bytes) -> None:
        for byte in data:
            self._buffer[self._filled] = byte
            self._took(1)

    def _took(self, count: int) -> None:
        self._filled += count
        if self._filled == _PIECE:
            self._flush()

    def _flush(self) -> None:
        """Write the buffer to the flash; the bytes after the image's end do not matter."""
        at = self.start + self.size
        if at % _SECTOR == 0:
            self._esp.flash_erase(at // _SECTOR)
        self._esp.flash_write(at, self._buffer)
        self.hasher.update(memoryview(self._buffer)[: self._filled])
        self.size += self._filled
        self._filled = 0


def _head(folder: str, name: str) -> bytes:
    """Return a file's record (kind 5) up to its data (kind 2)."""
    size = _size(folder, name)
    head = _number(len(name)) + name.encode() + b"\x02" + _number(size)
    return b"\x05" + _number(len(head) + size) + head


def _size(folder: str, name: str) -> int:
    return os.stat(folder + "/" + name)[6]


def _number(value: int) -> bytes:
    """Encode a number in 7 bits a byte, the highest first, bit 7 set in all but the last."""
    made = bytes([value & 127])
    while value > 127:
        value >>= 7
        made = bytes([value & 127 | 128]) + made
    return made
