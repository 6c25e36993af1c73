"""HTTP for a guest: tells how far its request is, and lets go of it when its time is over."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.cloud.guests import Guest

_INCOMPLETE = (h11.IDLE, h11.SEND_BODY)


class Joined:
    """A transport whose writes of one turn of the loop leave together: a head with its body.

    Each is a system call less, and a packet less over a modem.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Send it, with what else is written before the loop goes on."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def close(self) -> None:
        """Close, after what was written."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._parts:
            parts, self._parts = self._parts, []
            self._transport.write(b"".join(parts))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class LimitedH11Protocol(H11Protocol):
    """One connection that speaks HTTP; it is given its `guest` before it begins."""

    guest: Guest

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Its first request is under way, after TLS if that is spoken."""
        super().connection_made(cast(asyncio.Transport, Joined(transport)))
        self.guest.enters(transport.abort)

    def data_received(self, data: bytes) -> None:
        """It asks until the request is whole."""
        self.guest.asks()
        super().data_received(data)
        self._tell()

    def on_response_complete(self) -> None:
        """It may send its next request, which uvicorn waits for, or has sent it already."""
        super().on_response_complete()
        if self.conn.their_state in _INCOMPLETE:
            self.guest.waits()
        self._tell()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is served any more."""
        self.guest.is_gone()
        super().connection_lost(exc)

    def _tell(self) -> None:
        if self.transport.is_closing():
            self.guest.is_leaving()
        elif self.conn.their_state not in _INCOMPLETE:
            self.guest.is_served()
