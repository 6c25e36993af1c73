"""HTTP on one connection, which is kept for as long as the other side keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from adapters.http.response import Response
from domain.errors import CloudError, LinkError
from domain.values import split_host

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
    """`total_ms` bounds a whole exchange, however slowly its bytes come; `most` the bytes of a body
    that is held in memory, whatever limit is given."""

    def __init__(
        self, stream: Stream, clock: Clock, most: int = 4096, total_ms: int = 30000
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._most = most
        self._total_ms = total_ms
        self._backend = ""
        self._ssl = True
        self._open = False
        self._until = 0

    def use(self, backend: str, ssl: bool) -> None:
        """Another backend means another connection."""
        if (backend, ssl) != (self._backend, self._ssl):
            self.close()
        self._backend, self._ssl = backend, ssl

    def post(
        self,
        path: str,
        body: bytes,
        limit: int,
        write: Callable[[bytes], None] | None = None,
    ) -> tuple[int, str, bytes]:
        """POST, once: what may have been received is not sent again."""
        if not self._backend:
            raise RuntimeError("no backend to speak to: call use first")
        self._until = self._clock.monotonic() + self._total_ms
        self._connect()
        response = Response()
        kept = bytearray()  # grows in place, however small the pieces are
        keep = False
        try:
            # No variable: what it holds would be kept in memory until all is received.
            self._stream.write(
                (_HEAD % (path, self._backend, len(body))).encode() + body, self._left()
            )
            if write is None:
                limit = min(limit, self._most)
            self._receive(response, limit, write or kept.extend, kept)
            keep = response.keep and response.done
        finally:
            if not keep:
                self.close()
        return response.status, response.retry or response.kind, bytes(kept)

    def close(self) -> None:
        """The next post connects anew."""
        self._open = False
        self._stream.close()

    def _connect(self) -> None:
        """Unless there is a connection; one that was closed shows when it is read."""
        if self._open:
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

    def _receive(
        self,
        response: Response,
        limit: int,
        take: Callable[[bytes], None],
        kept: bytearray,
    ) -> None:
        """A body goes to `take`, what explains another status to `kept`."""
        size = 0
        while not response.done:
            data = self._stream.read(_PIECE, self._left())
            if data:
                data = response.feed(data)
            else:
                response.end()
            size += len(data)
            if response.status != 200:
                kept.extend(data[: _MAX_PROBLEM - len(kept)])
                if len(kept) == _MAX_PROBLEM:
                    break  # the status says enough
            elif max(size, response.length) > limit:
                raise CloudError(
                    "too_long", "%s answers with more than %d bytes" % (self._backend, limit)
                )
            elif data:
                take(data)

    def _left(self) -> int:
        """Milliseconds. Raises `timeout` if there are none."""
        left = self._until - self._clock.monotonic()
        if left <= 0:
            raise LinkError("timeout", "%s did not answer in time" % self._backend)
        return left
