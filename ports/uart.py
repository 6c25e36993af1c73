"""A serial line, to a modem or a person."""

from __future__ import annotations

from typing import Protocol


class Uart(Protocol):
    """8 data bits, no parity, 1 stop bit. Raises `DeviceError` (`uart`) when the line is gone."""

    def open(self, baud: int) -> None:
        """Use the line at `baud`; again with another rate to change it."""

    def read(self, size: int, limit_ms: int) -> bytes:
        """1 to `size` bytes as soon as there are any; empty when none came in `limit_ms`."""

    def write(self, data: bytes) -> None:
        """All of `data`; nobody may be listening."""

    def pull(self, name: str, ms: int) -> bool:
        """The pin `key` (PWRKEY) or `reset` of what is at the other end, low for so long; False
        where it has no wire."""

    def close(self) -> None:
        """Let go of the line. Never raises."""
