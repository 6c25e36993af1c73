"""A byte stream with a scripted other side."""

from __future__ import annotations

from typing import Callable

from domain.errors import LinkError


class FakeStream:
    """A stream: `incoming` holds the pieces that arrive, as bytes or the code of a `LinkError`
    ("timeout", "cut"); after them the stream ends.

    `connect_faults` and `write_faults` are codes for the next calls ("" for success);
    `on_write(data)` may return bytes to add to `incoming`, for a server that answers.
    """

    def __init__(self, *incoming: bytes | str) -> None:
        self.incoming: list[bytes | str] = list(incoming)
        self.connect_faults: list[str] = []
        self.write_faults: list[str] = []
        self.on_write: Callable[[bytes], bytes | None] | None = None
        self.written = b""
        self.connects: list[tuple[str, int, bool]] = []
        self.closes = 0
        self.is_open = False

    def connect(self, host: str, port: int, tls: bool, limit_ms: int) -> None:
        self.connects.append((host, port, tls))
        self.is_open = False
        self._fault(self.connect_faults)
        self.is_open = True

    def read(self, size: int, limit_ms: int) -> bytes:
        self._check_open()
        if not self.incoming:
            return b""
        piece = self.incoming.pop(0)
        if isinstance(piece, str):
            raise LinkError(piece, f"read: {piece}")
        if len(piece) > size:
            self.incoming.insert(0, piece[size:])
        return piece[:size] if piece else self.read(size, limit_ms)

    def write(self, data: bytes, limit_ms: int) -> None:
        self._check_open()
        self._fault(self.write_faults)
        self.written += bytes(data)
        answer = self.on_write(bytes(data)) if self.on_write else None
        if answer:
            self.incoming.append(answer)

    def close(self) -> None:
        self.closes += 1
        self.is_open = False

    def _check_open(self) -> None:
        if not self.is_open:
            raise LinkError("cut", "the stream is not open")

    def _fault(self, faults: list[str]) -> None:
        code = faults.pop(0) if faults else ""
        if code:
            raise LinkError(code, f"the stream: {code}")
