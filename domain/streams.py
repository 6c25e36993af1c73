"""Reads streams: through one buffer, in pieces, for as long as something comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from ports.storage import Source

    Write = Callable[[memoryview], object]

PIECE = 256  # bytes: a few of them fit beside everything else on the smallest board


def pour(source: Source, write: Write) -> None:
    """Give all of it to `write`; the next piece takes the place of the last one."""
    buffer = memoryview(bytearray(PIECE))
    size = source.readinto(buffer)
    while size:
        write(buffer[:size])
        size = source.readinto(buffer)


def gather(source: Source, most: int) -> bytes:
    """All of it; of what has more than `most` bytes some more than those."""
    found, buffer = bytearray(), memoryview(bytearray(PIECE))
    size = source.readinto(buffer)
    while size and len(found) <= most:
        found.extend(buffer[:size])  # it grows in place, however small the pieces are
        size = source.readinto(buffer)
    return bytes(found)
