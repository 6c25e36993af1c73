"""HTTP by `requests`, on one connection, with a deadline for the whole exchange."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Iterator
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Callable

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, IncompleteRead, InvalidHeader, LocationParseError
from urllib3.util import SKIP_HEADER

from adapters.linux import sockets
from domain.errors import CloudError, LinkError, ThingError

CONNECT_S = 10.0
TOTAL_S = 30.0
_PIECE = 16384

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
        self._exchange = _Exchange(connect_s)
        self._session: requests.Session | None = None
        self._backend = ""
        self._ssl = True

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
        """POST, again if the connection kept from last time turns out to have been closed."""
        if not self._backend:
            raise RuntimeError("no backend to speak to: call use first")
        self._exchange.until = time.monotonic() + self._total_s
        try:
            return self._post(path, body, limit, write)
        except LinkError as error:
            self.close()
            if error.code != "cut" or not self._exchange.stale():
                raise
        except BaseException:
            self.close()
            raise
        return self._post(path, body, limit, write)

    def close(self) -> None:
        """The next post connects anew."""
        if self._session:
            self._session.close()

    def _post(
        self, path: str, body: bytes, limit: int, write: Callable[[bytes], None] | None
    ) -> tuple[int, str, bytes]:
        self._exchange.begin()
        session = self._session = self._session or self._new_session()
        scheme = "https" if self._ssl else "http"
        try:
            answer = session.post(
                "%s://%s%s" % (scheme, self._backend, path),
                data=body,
                headers=_HEADERS,
                stream=True,
                allow_redirects=False,
                timeout=self._total_s,
            )
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise _translated(error, self._backend) from error
        with answer:
            if self._exchange.ended:  # http.client takes it for the end of the head
                raise LinkError("cut", "the answer of %s ended in its head" % self._backend)
            kind = answer.headers.get("Content-Type", "").split(";")[0].strip().lower()
            pieces: list[bytes] = []
            take = write if write and answer.status_code == 200 else pieces.append
            self._read(answer, limit, take)
            return answer.status_code, kind, b"".join(pieces)

    def _read(self, answer: requests.Response, limit: int, take: Callable[[bytes], object]) -> None:
        """Pass the body on in pieces; one that announces too much is not begun."""
        announced = answer.headers.get("Content-Length", "")
        left = -1 if announced.isdigit() and int(announced[:18]) > limit else limit
        while left >= 0:
            piece = self._piece(answer, min(_PIECE, left + 1))
            if not piece:
                return
            left -= len(piece)
            if left >= 0:
                take(piece)
        raise CloudError("too_long", "%s answers with more than %d bytes" % (self._backend, limit))

    def _piece(self, answer: requests.Response, size: int) -> bytes:
        try:
            piece: bytes = answer.raw.read(size, decode_content=False)
            return piece
        except (HTTPError, OSError, ValueError, http.client.HTTPException) as error:
            raise _translated(error, self._backend, begun=True) from error

    def _new_session(self) -> requests.Session:
        context = sockets.tls_context(self._ca) if self._ssl else None
        session = _Session()
        session.trust_env = False  # no proxies, no .netrc, no other authorities
        session.headers.clear()
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))  # none
        adapter = _Adapter(self._exchange, context)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        return session


class _Session(requests.Session):
    def get_redirect_target(self, _resp: requests.Response) -> None:
        """No redirect is looked into: requests would read its body, however long, to do so."""


class _Exchange:
    """What is known of the exchange under way; each of its sockets looks here."""

    def __init__(self, connect_s: float) -> None:
        self.until = 0.0  # time.monotonic()
        self._connect_s = connect_s
        self.ended = False  # the other side has
        self._received = False
        self._connected = False

    def begin(self) -> None:
        self.ended = self._received = self._connected = False

    def stale(self) -> bool:
        """Whether no answer began, on a connection that had served before."""
        return not self._connected and not self._received

    def left(self) -> float:
        """Seconds; a timeout if there are none."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise socket.timeout
        return left

    def connect(self, host: str, port: int) -> socket.socket:
        self._connected = True
        opened = sockets.connect(host, port, min(self.left(), self._connect_s))
        limit = opened.gettimeout()
        sock = _Socket(fileno=opened.detach())
        sock.exchange = self
        sock.settimeout(limit)  # for a handshake, which knows no other
        return sock

    def receive(self, size: int) -> int:
        self._received = self._received or size > 0
        self.ended = size == 0
        return size


class _Socket(socket.socket):
    """Gives every operation no more time than the exchange has left."""

    exchange: _Exchange

    def recv_into(self, *args: Any) -> int:
        self.settimeout(self.exchange.left())
        return self.exchange.receive(super().recv_into(*args))

    def send(self, *args: Any) -> int:
        self.settimeout(self.exchange.left())
        return super().send(*args)

    def sendall(self, *args: Any) -> None:
        # Of a TLS socket, this calls `send` over and over; of a plain one, it keeps the limit.
        self.settimeout(self.exchange.left())
        super().sendall(*args)


class _TlsSocket(_Socket, ssl.SSLSocket):
    """The same, over TLS."""


class _Adapter(HTTPAdapter):
    """One connection, whose sockets are ours."""

    def __init__(self, exchange: _Exchange, context: ssl.SSLContext | None) -> None:
        self._exchange = exchange
        self._context = context
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Called by requests, which passes what else there is to know on to urllib3."""
        exchange = self._exchange

        class Http(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return exchange.connect(self._dns_host, self.port)

        class Https(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return exchange.connect(self._dns_host, self.port)

            def connect(self) -> None:
                try:
                    super().connect()
                except OSError as error:  # of the handshake: `exchange.connect` raises none
                    raise sockets.handshake_error(error, self.host) from error
                assert isinstance(self.sock, _TlsSocket)
                self.sock.exchange = exchange

        class Pool(HTTPConnectionPool):
            ConnectionCls = Http

        class TlsPool(HTTPSConnectionPool):
            ConnectionCls = Https

        if self._context:
            self._context.sslsocket_class = _TlsSocket
            kwargs["ssl_context"] = self._context
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": Pool, "https": TlsPool}

    def cert_verify(self, *args: Any) -> None:
        """Our context holds the authorities already."""


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
    line = cause.line if isinstance(cause, http.client.BadStatusLine) else ""
    return line.startswith("HTTP/1.") and not line.endswith("\n")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The errors that led to this one, the first of them first."""
    if error is not None:
        yield from _causes(error.__cause__ or error.__context__)
        yield error
