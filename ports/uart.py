"""A serial line, to a modem or a person."""

from __future__ import annotations

from typing import Protocol


class Uart(Protocol):
    """A line with 8 data bits, no parity, 1 stop bit. Raises `DeviceError` (`uart`) when it is
    gone."""

    def open(self, baud: int) -> None:
        """Use the line at `baud`; again with another rate to change it."""

    def read(self, size: int, limit_ms: int) -> bytes:
        """Return 1 to `size` bytes as soon as there are any; empty when none came in `limit_ms`."""

    def write(self, data: bytes) -> None:
        """Write all of `data`, whether or not the other end listens."""

    def pull(self, name: str, ms: int) -> bool:
        """Pull the pin `key` (PWRKEY) or `reset` of the device at the other end low for `ms`;
        return False where it has no wire."""

    def close(self) -> None:
        """Release the line. Never raises."""
