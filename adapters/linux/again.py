"""A retry of requests on a kept connection that turns out to have been closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.errors import LinkError

if TYPE_CHECKING:
    from ports.clock import Clock
    from ports.stream import Stream
    from ports.transport import Transport

_SOON_MS = 2000  # a router that has forgotten a connection reports that at once


class Noted:
    """A stream that notes its use; `fresh`: it was connected, `heard`: it has received bytes."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.fresh = self.heard = False
        self.write = stream.write
        self.close = stream.close

    def connect(self, host: str, port: int, tls: bool, limit_ms: int) -> None:
        """Connect, and note that this connection has not served yet."""
        self.fresh = True
        self._stream.connect(host, port, tls, limit_ms)

    def read(self, size: int, limit_ms: int) -> bytes:
        """Read from the stream, and note whether bytes came."""
        data = self._stream.read(size, limit_ms)
        self.heard = self.heard or bool(data)
        return data


class AgainTransport:
    """A transport over the stream `noted`, with a connection that a router may have forgotten."""

    def __init__(self, transport: Transport, noted: Noted, clock: Clock) -> None:
        self._transport = transport
        self._noted = noted
        self._clock = clock
        self.use = transport.use
        self.readinto = transport.readinto
        self.close = transport.close

    def post(self, path: str, body: bytes, limit: int) -> tuple[int, str]:
        """Send a POST; retry if a kept connection ended before an answer began.

        If the second answer is a status of 500 or above, the reason may be that the first request
        was obeyed: that counts as no answer at all.
        """
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
