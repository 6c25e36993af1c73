"""HTTP for a guest: tells it how far its request is, and is aborted when its time is over."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.cloud.guests import Guest

_INCOMPLETE = (h11.IDLE, h11.SEND_BODY)


class JoinedWrites:
    """A transport that joins all writes of one turn of the loop: a head leaves with its body.

    This saves a system call each time, and a packet over a modem.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Send `data`, joined with all other writes before the loop goes on."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def close(self) -> None:
        """Close, after all writes are sent."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._parts:
            parts, self._parts = self._parts, []
            self._transport.write(b"".join(parts))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class LimitedH11Protocol(H11Protocol):
    """One connection that speaks HTTP; its `guest` is set before it begins."""

    guest: Guest

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give the guest its time for the first request, after TLS if that is spoken."""
        super().connection_made(cast(asyncio.Transport, JoinedWrites(transport)))
        self.guest.enters(transport.abort)

    def data_received(self, data: bytes) -> None:
        """Parse received bytes, and tell the guest whether its request is complete."""
        self.guest.asks()
        super().data_received(data)
        self._tell()

    def on_response_complete(self) -> None:
        """Let the guest wait for its next request, unless that is complete already."""
        super().on_response_complete()
        if self.conn.their_state in _INCOMPLETE:
            self.guest.waits()
        self._tell()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the guest is gone."""
        self.guest.is_gone()
        super().connection_lost(exc)

    def _tell(self) -> None:
        if self.transport.is_closing():
            self.guest.is_leaving()
        elif self.conn.their_state not in _INCOMPLETE:
            self.guest.is_served()
