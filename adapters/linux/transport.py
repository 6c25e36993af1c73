"""HTTP by `requests`, on one connection, with a deadline for the whole exchange."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from typing import Callable

import requests
from urllib3.exceptions import HTTPError, IncompleteRead, InvalidHeader, LocationParseError
from urllib3.util import SKIP_HEADER

from adapters.linux import sockets
from adapters.linux.exchange import Exchange, new_session
from domain.errors import CloudError, LinkError, ThingError

CONNECT_S = 10.0
TOTAL_S = 30.0
_PIECE = 16384
_MAX_ERROR = 4096  # bytes: errors of the API are short, pages of others are not read

# Every byte costs on a mobile network; `Host` and `Content-Length` come by themselves.
_HEADERS = {
    "Content-Type": "application/json",
    "User-Agent": SKIP_HEADER,
    "Accept-Encoding": SKIP_HEADER,
}
_NOT_HTTP = (http.client.BadStatusLine, http.client.LineTooLong, InvalidHeader)


class RequestsTransport:
    """`ca`: file of the authorities to trust, instead of the public ones; `connect_s` bounds
    finding and connecting, `total_s` the whole exchange, however slowly its bytes come."""

    def __init__(
        self, ca: str | None = None, connect_s: float = CONNECT_S, total_s: float = TOTAL_S
    ) -> None:
        self._ca = ca
        self._total_s = total_s
        self._exchange = Exchange(connect_s)
        self._session: requests.Session | None = None
        self._backend = ""
        self._ssl = True

    def use(self, backend: str, ssl: bool) -> None:
        """Another backend means another connection."""
        if (backend, ssl) != (self._backend, self._ssl):
            self.close()
            self._session = None
        self._backend, self._ssl = backend, ssl

    def post(
        self,
        path: str,
        body: bytes,
        limit: int,
        write: Callable[[bytes], None] | None = None,
    ) -> tuple[int, str, bytes]:
        """POST; again if the connection kept from last time turns out to have been closed: many
        servers close it without a word. If the second answer is then one of trouble, it may be so
        because the first was obeyed: that counts as no answer at all."""
        if not self._backend:
            raise RuntimeError("no backend to speak to: call use first")
        self._exchange.until = time.monotonic() + self._total_s
        try:
            return self._try(path, body, limit, write)
        except LinkError as error:
            if error.code != "cut" or not self._exchange.stale():
                raise
        answer = self._try(path, body, limit, write)
        if answer[0] >= 500:
            raise LinkError("cut", "%s closed the connection without an answer" % self._backend)
        return answer

    def close(self) -> None:
        """The next post connects anew."""
        if self._session:
            self._session.close()
        self._exchange.close()

    def _try(
        self, path: str, body: bytes, limit: int, write: Callable[[bytes], None] | None
    ) -> tuple[int, str, bytes]:
        self._exchange.begin()
        try:
            with self._send(path, body) as answer:
                if self._exchange.ended:  # http.client takes it for the end of the head
                    raise LinkError("cut", "the answer of %s ended in its head" % self._backend)
                kind = answer.headers.get("Content-Type", "").split(";")[0].strip().lower()
                if answer.status_code != 200:
                    return answer.status_code, kind, self._error(answer)
                pieces: list[bytes] = []
                self._read(answer, limit, write or pieces.append)
                return 200, kind, b"".join(pieces)
        except BaseException:
            self.close()
            raise

    def _send(self, path: str, body: bytes) -> requests.Response:
        session = self._session = self._session or self._new_session()
        scheme = "https" if self._ssl else "http"
        try:
            return session.post(
                "%s://%s%s" % (scheme, self._backend, path),
                data=body,
                headers=_HEADERS,
                stream=True,
                allow_redirects=False,
                timeout=self._total_s,
            )
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise _translated(error, self._backend) from error

    def _read(self, answer: requests.Response, limit: int, take: Callable[[bytes], object]) -> None:
        """Pass the body on in pieces; one that announces too much is not begun."""
        announced = answer.headers.get("Content-Length", "")
        left = -1 if announced.isdecimal() and int(announced[:18]) > limit else limit
        while left >= 0:
            piece = self._piece(answer, min(_PIECE, left + 1))
            if not piece:
                return
            left -= len(piece)
            if left >= 0:
                take(piece)
        raise CloudError("too_long", "%s answers with more than %d bytes" % (self._backend, limit))

    def _error(self, answer: requests.Response) -> bytes:
        """The body of an error: what it says stands at its beginning, the rest is not read."""
        body = b""
        while len(body) <= _MAX_ERROR:
            piece = self._piece(answer, _MAX_ERROR + 1 - len(body))
            if not piece:
                return body
            body += piece
        self.close()
        return body[:_MAX_ERROR]

    def _piece(self, answer: requests.Response, size: int) -> bytes:
        try:
            piece: bytes = answer.raw.read(size, decode_content=False)
            return piece
        except (HTTPError, OSError, ValueError, http.client.HTTPException) as error:
            raise _translated(error, self._backend, begun=True) from error

    def _new_session(self) -> requests.Session:
        return new_session(self._exchange, sockets.tls_context(self._ca) if self._ssl else None)


def _translated(error: Exception, where: str, begun: bool = False) -> ThingError:
    """The error of ours that a library's stands for; the first thing that went wrong counts."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, (requests.exceptions.InvalidURL, LocationParseError)):
            return LinkError("no_address", "%s is no host - check the backend" % where)
        if isinstance(cause, http.client.RemoteDisconnected) or _half_a_status_line(cause):
            return LinkError("cut", "%s closed the connection without an answer" % where)
        if isinstance(cause, _NOT_HTTP):
            return CloudError("not_http", "%s does not speak HTTP there: %s" % (where, cause))
        if isinstance(cause, OSError) and not isinstance(cause, requests.RequestException):
            return sockets.io_error(cause, where)
    if begun or any(isinstance(cause, IncompleteRead) for cause in causes):
        return LinkError("cut", "the answer of %s ended early: %s" % (where, error))
    return CloudError("not_http", "%s does not speak HTTP there: %s" % (where, error))


def _half_a_status_line(cause: BaseException) -> bool:
    line = str(cause) if isinstance(cause, http.client.BadStatusLine) else ""
    return line.startswith("HTTP/1.") and not line.endswith("\n")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The errors that led to this one, the first of them first."""
    if error is not None:
        yield from _causes(error.__cause__ or error.__context__)
        yield error
