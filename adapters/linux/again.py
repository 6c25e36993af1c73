"""Asks once more where a kept connection turns out to have been closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.errors import LinkError

if TYPE_CHECKING:
    from ports.clock import Clock
    from ports.stream import Stream
    from ports.transport import Transport

_SOON_MS = 2000  # a router that has forgotten a connection says so at once


class Noted:
    """A stream; `fresh`: it was connected lately, `heard`: it has brought something."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.fresh = self.heard = False
        self.write = stream.write
        self.close = stream.close

    def connect(self, host: str, port: int, tls: bool, limit_ms: int) -> None:
        """A connection that has not served yet."""
        self.fresh = True
        self._stream.connect(host, port, tls, limit_ms)

    def read(self, size: int, limit_ms: int) -> bytes:
        """What the stream brings."""
        data = self._stream.read(size, limit_ms)
        self.heard = self.heard or bool(data)
        return data


class AgainTransport:
    """A transport over the stream `noted`, which may have been forgotten on the way."""

    def __init__(self, transport: Transport, noted: Noted, clock: Clock) -> None:
        self._transport = transport
        self._noted = noted
        self._clock = clock
        self.use = transport.use
        self.readinto = transport.readinto
        self.close = transport.close

    def post(self, path: str, body: bytes, limit: int) -> tuple[int, str]:
        """POST; again if a connection kept from last time ended before an answer began. If the
        second answer is then one of trouble, it may be so because the first request was obeyed:
        that counts as no answer at all."""
        noted = self._noted
        noted.fresh = noted.heard = False
        soon = self._clock.monotonic() + _SOON_MS
        try:
            return self._transport.post(path, body, limit)
        except LinkError as error:
            kept = not (noted.fresh or noted.heard)
            if error.code != "cut" or not kept or self._clock.monotonic() > soon:
                raise
        answer = self._transport.post(path, body, limit)
        if answer[0] >= 500:
            self.close()
            raise LinkError("cut", "the connection was closed without an answer - tried again")
        return answer
