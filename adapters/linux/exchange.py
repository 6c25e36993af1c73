"""Makes `requests` keep a deadline, and use one connection, whose sockets are ours."""

from __future__ import annotations

import os
import socket
import ssl
import time
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from adapters.linux import sockets


def new_session(exchange: Exchange, context: ssl.SSLContext | None) -> requests.Session:
    """A session for exchanges one after another; `context` for TLS."""
    session = _Session()
    session.trust_env = False  # no proxies, no .netrc, no other authorities
    session.headers.clear()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))  # none
    adapter = _Adapter(exchange, context)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


class _Session(requests.Session):
    def get_redirect_target(self, _resp: requests.Response) -> None:
        """No redirect is looked into: requests would read its body, however long, to do so."""


class Exchange:
    """What is known of the exchange under way; each of its sockets looks here."""

    def __init__(self, connect_s: float) -> None:
        self.until = 0.0  # time.monotonic()
        self._connect_s = connect_s
        self._sock: _Socket | None = None
        self.ended = False  # the other side has
        self._received = False
        self._connected = False

    def begin(self) -> None:
        """Nothing of it has happened yet."""
        self.ended = self._received = self._connected = False

    def stale(self) -> bool:
        """Whether no answer began, on a connection that had served before."""
        return not self._connected and not self._received

    def left(self) -> float:
        """Seconds; a timeout if there are none."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def connect(self, host: str, port: int) -> socket.socket:
        """Raises the errors of `sockets.connect`."""
        self._connected = True
        opened = sockets.connect(host, port, min(self.left(), self._connect_s))
        limit = opened.gettimeout()
        sock = self.watch(_Socket(fileno=opened.detach()))
        sock.settimeout(limit)  # for a handshake, which knows no other
        return sock

    def watch(self, sock: _Socket) -> _Socket:
        """From now on, this is the socket."""
        sock.exchange = self
        self._sock = sock
        return sock

    def close(self) -> None:
        """For good: an answer that urllib3 refuses to look at would hold it until collected."""
        number = self._sock.detach() if self._sock else -1
        if number >= 0:
            os.close(number)

    def receive(self, size: int) -> int:
        """So many bytes have come."""
        self._received = self._received or size > 0
        self.ended = size == 0
        return size


class _Socket(socket.socket):
    """Gives every operation no more time than the exchange has left."""

    exchange: Exchange

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

    def __init__(self, exchange: Exchange, context: ssl.SSLContext | None) -> None:
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
                exchange.watch(self.sock)

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
