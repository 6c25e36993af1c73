"""Byte streams for tests: made of pieces, and read to the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ports.storage import Source, Storage
from ports.transport import Transport


class Pieces:
    """A source of these pieces, in order; an error raised by the iterator reaches the reader."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""

    def readinto(self, buffer: memoryview) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = bytes(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def pieces(source: Source, size: int = 64) -> Iterator[bytes]:
    """Yield the bytes of each read into a buffer of `size` bytes."""
    buffer = memoryview(bytearray(size))
    count = source.readinto(buffer)
    while count:
        yield bytes(buffer[:count])
        count = source.readinto(buffer)


def whole(source: Source) -> bytes:
    """Return all bytes of a source."""
    return b"".join(pieces(source))


def write(storage: Storage, name: str, *pieces: bytes) -> None:
    """Write the pieces to a file, in order."""
    with storage.receive(name) as file:
        for piece in pieces:
            file.write(piece)


def exchange(transport: Transport, path: str, body: bytes, limit: int) -> tuple[int, str, bytes]:
    """Post `body` and return the answer: (status, content type, body)."""
    status, kind = transport.post(path, body, limit)
    return status, kind, whole(transport)
