"""ROMFS images, from which MicroPython executes modules in place, written and read.

The format (micropython: extmod/vfs_rom.c): records of a kind, a length and a payload; numbers are 7
bits a byte, the highest first, with bit 7 set in all but the last. The image is a record; its magic
is its kind and its number of bytes, its payload the records of the files.
"""

from __future__ import annotations

from collections.abc import Iterator

from build.firmware.model import FirmwareError

_MAGIC = b"\xd2\xcd\x31"
_VERBATIM = 2
_FILE = 5
_LONGEST = 5  # bytes of a number: 32 bits


def make(files: dict[str, bytes]) -> bytes:
    """Make an image with these files in one folder; the same files give the same image."""
    body = b"".join(_file(name, files[name]) for name in sorted(files))
    length = _number(len(body))
    if (len(_MAGIC) + len(length) + len(body)) % 2:  # the body begins at an even place
        length = b"\x80" + length
    return _MAGIC + length + body


def _file(name: str, data: bytes) -> bytes:
    encoded = name.encode("ascii")
    return _record(_FILE, _number(len(encoded)) + encoded + _record(_VERBATIM, data))


def _record(kind: int, payload: bytes) -> bytes:
    return _number(kind) + _number(len(payload)) + payload


def _number(value: int) -> bytes:
    digits = [value & 0x7F]
    while value > 0x7F:
        value >>= 7
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))


def read(image: bytes) -> dict[str, bytes]:
    """Read all files of an image that this module made; bytes after the image are ignored."""
    try:
        if image[:3] != _MAGIC:
            raise ValueError("its magic is missing")
        length, start = _take(image, len(_MAGIC))
        if start + length > len(image):
            raise ValueError("it is truncated")
        return dict(_files(image[start : start + length]))
    except (ValueError, IndexError) as reason:
        raise FirmwareError("this is no ROMFS that can be read (%s)" % reason) from None


def _files(body: bytes) -> Iterator[tuple[str, bytes]]:
    for kind, payload in _records(body):
        if kind != _FILE:
            raise ValueError("a record of kind %d" % kind)
        length, at = _take(payload, 0)
        name = payload[at : at + length].decode("ascii")
        for inner, data in _records(payload[at + length :]):
            if inner != _VERBATIM:
                raise ValueError("a record of kind %d" % inner)
            yield name, data


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        kind, at = _take(data, at)
        length, at = _take(data, at)
        if at + length > len(data):
            raise ValueError("a record is truncated")
        yield kind, data[at : at + length]
        at += length


def _take(data: bytes, at: int) -> tuple[int, int]:
    """Return the number at a place, and the place after it."""
    value = 0
    for byte in data[at : at + _LONGEST]:
        value = value << 7 | byte & 0x7F
        at += 1
        if not byte & 0x80:
            return value, at
    raise ValueError("a number has no end")
