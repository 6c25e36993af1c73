"""The lines of a text that comes in pieces."""

from __future__ import annotations

from typing import Callable

from domain.signed import refused

_MAX_LINE = 2048  # bytes: a key or a signature of RSA-4096 has half of it


class Lines:
    """The lines of a text that comes in pieces; `held` is what has not ended yet."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self.take = take
        self.held = b""

    def feed(self, data: bytes) -> None:
        """The next piece."""
        lines = (self.held + data).split(b"\n")
        self.held = lines.pop()
        for line in lines:
            self._bounded(line)
            self.take(line)
        self._bounded(self.held)

    def _bounded(self, line: bytes) -> None:
        if len(line) > _MAX_LINE:
            raise refused("T1", "a line is too long")

    def end(self) -> None:
        """That was all."""
        if self.held:
            raise refused("T1", "it is cut")
