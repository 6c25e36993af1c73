"""Readers of whole streams: piece by piece, through one buffer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from ports.storage import Source

    Write = Callable[[memoryview], object]

PIECE = 256  # bytes: a few of them fit beside everything else on the smallest board


def pour(source: Source, write: Write) -> None:
    """Pass the whole stream to `write`, piece by piece; each piece overwrites the last one."""
    buffer = memoryview(bytearray(PIECE))
    size = source.readinto(buffer)
    while size:
        write(buffer[:size])
        size = source.readinto(buffer)


def gather(source: Source, most: int) -> bytes:
    """Return the whole stream, or the first bytes of a longer one: more than `most` of them. The
    others stay in the stream."""
    found, buffer = bytearray(), memoryview(bytearray(PIECE))
    size = 1
    while size and len(found) <= most:
        size = source.readinto(buffer)
        found.extend(buffer[:size])  # it grows in place, however small the pieces are
    return bytes(found)
