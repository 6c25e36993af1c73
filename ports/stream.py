"""A byte stream to a host: TCP, or TLS over it."""

from __future__ import annotations

from typing import Protocol


class Stream(Protocol):
    """One connection at a time. Errors: `LinkError`, with the codes given here."""

    def connect(self, host: str, port: int, tls: bool, limit_ms: int) -> None:
        """Open a connection within `limit_ms`. Codes: `no_address`, `refused`, `timeout`,
        `no_link`, `tls` (certificate not trusted, not for this host, or no TLS spoken there)."""

    def read(self, size: int, limit_ms: int) -> bytes:
        """Return 1 to `size` bytes as soon as there are any; empty at the end of the stream.

        Codes: `timeout` (nothing within `limit_ms`), `cut` (reset by the other side, or not
        connected at all).
        """

    def write(self, data: bytes, limit_ms: int) -> None:
        """Send all of `data`. Codes: `timeout`, `cut`."""

    def close(self) -> None:
        """End the connection, if there is one. Never raises."""
