"""HTTP on one connection, which is kept for as long as the other side keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.http.response import Response
from domain.errors import CloudError, LinkError, ThingError
from domain.settings.values import split_host

if TYPE_CHECKING:
    from ports.clock import Clock
    from ports.stream import Stream

_CONNECT_MS = 10000
_PIECE = 256  # bytes: a few of them fit beside everything else on the smallest board
_MAX_PROBLEM = 1024  # bytes of the body of a status that is not 200: a sentence, or a page

# Every byte costs on a mobile network.
_HEAD = (
    "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
)


class StreamTransport:
    """HTTP over a stream. `total_ms` bounds a whole exchange, however slowly its bytes come."""

    def __init__(self, stream: Stream, clock: Clock, total_ms: int = 30000) -> None:
        self._stream = stream
        self._clock = clock
        self._total_ms = total_ms
        self._backend = ""
        self._ssl = True
        self._open = False
        self._until = 0
        self._response: Response | None = None  # until its body is complete
        self._held = b""  # of the body: the bytes that came with the head
        self._limit = 0  # bytes of the body
        self._size = 0  # of them have come

    def use(self, backend: str, ssl: bool) -> None:
        """Set the backend of the next requests; close the connection if it has changed."""
        if (backend, ssl) != (self._backend, self._ssl):
            self.close()
        self._backend, self._ssl = backend, ssl

    def post(self, path: str, body: bytes, limit: int) -> tuple[int, str]:
        """Send a POST once: a request that may have been received is not sent again."""
        if not self._backend:
            raise RuntimeError("no backend to speak to: call use first")
        self._until = self._clock.monotonic() + self._total_ms
        self._connect()
        response = self._response = Response()
        self._limit, self._size, self._held = limit, 0, b""
        # No variable: it would keep the text in memory until there is an answer.
        self._stream.write((_HEAD % (path, self._backend, len(body))).encode() + body, self._left())
        begin = bytearray(_PIECE)
        self._held = bytes(begin[: self.readinto(memoryview(begin))])
        return response.status, response.retry or response.kind

    def readinto(self, buffer: memoryview) -> int:
        """Read the next bytes of the body, at most those that have come; 0 at the end."""
        data = self._held[: len(buffer)]
        self._held = self._held[len(data) :]
        while self._response and not data:
            data = self._receive(self._response, len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the connection. The next post opens one, also after a body not read to its end."""
        self._open = False
        self._response, self._held = None, b""
        self._stream.close()

    def _connect(self) -> None:
        """Connect, unless still connected: a read shows whether the other side has closed."""
        if self._open and not self._response:
            try:
                self._stream.read(1, 0)
            except LinkError as error:
                if error.code == "timeout":
                    return
        self.close()
        host, port = split_host(self._backend, "443" if self._ssl else "80")
        if not port or port.strip("0123456789"):
            raise LinkError("no_address", "%s is no host - check the backend" % self._backend)
        limit = min(self._left(), _CONNECT_MS)
        self._stream.connect(host, int(port), self._ssl, limit)
        self._open = True

    def _receive(self, response: Response, size: int) -> bytes:
        """Return bytes of the body, maybe none; after the last ones the connection is free."""
        try:
            data = self._stream.read(size, self._left())
            if data:
                data = response.feed(data)
            else:
                response.end()
            if response.status != 200:
                data = data[: _MAX_PROBLEM - self._size]
                if self._size + len(data) == _MAX_PROBLEM:  # the status says enough
                    response.keep, response.done = False, True
            elif max(self._size + len(data), response.length) > self._limit:
                raise CloudError(
                    "too_long", "%s answers with more than %d bytes" % (self._backend, self._limit)
                )
        except ThingError:
            self.close()
            raise
        self._size += len(data)
        if response.done:
            self._response = None
            if not response.keep:
                self.close()
        return data

    def _left(self) -> int:
        """Return the milliseconds left. Raises LinkError `timeout` if there are none."""
        left = self._until - self._clock.monotonic()
        if left <= 0:
            raise LinkError("timeout", "%s did not answer in time" % self._backend)
        return left
