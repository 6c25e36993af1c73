"""A serial line with a scripted other end."""

from __future__ import annotations

from typing import Callable

from domain.errors import DeviceError
from tests.fakes.clock import FakeClock


class FakeUart:
    """A line: `incoming` holds the pieces that arrive, b"" for a read without data.

    `on_write(data)` may return an answer, as bytes. `fault`: the line is gone."""

    def __init__(self, *incoming: bytes, clock: FakeClock | None = None) -> None:
        self.incoming = list(incoming)
        self.clock = clock or FakeClock()
        self.on_write: Callable[[bytes], bytes | None] | None = None
        self.fault = False
        self.bauds: list[int] = []
        self.written = b""
        self.is_open = False
        self.closes = 0

    def open(self, baud: int) -> None:
        if self.fault:
            self._gone()
        self.bauds.append(baud)
        self.is_open = True

    def read(self, size: int, limit_ms: int) -> bytes:
        self._check()
        piece = self.incoming.pop(0) if self.incoming else b""
        if not piece:
            self.clock.advance(max(0, limit_ms))
        if len(piece) > size:
            self.incoming.insert(0, piece[size:])
        return piece[:size]

    def write(self, data: bytes) -> None:
        self._check()
        self.written += bytes(data)
        answer = self.on_write(bytes(data)) if self.on_write else None
        if answer:
            self.incoming.append(answer)

    def pull(self, _name: str, _ms: int) -> bool:
        return False

    def close(self) -> None:
        self.closes += 1
        self.is_open = False

    def _check(self) -> None:
        if self.fault or not self.is_open:
            self._gone()

    def _gone(self) -> None:
        raise DeviceError("uart", "the serial line is gone - look after the cable")
