"""MicroPython's sockets and TLS on CPython."""

from __future__ import annotations

import socket
import ssl
import types
from typing import Any


class Socket(socket.socket):
    """A socket with `read` and `write`, which return None where they would have to wait."""

    def read(self, size: int) -> bytes | None:
        try:
            return self.recv(size)
        except BlockingIOError:
            return None

    def write(self, data: bytes) -> int | None:
        try:
            return self.send(data)
        except BlockingIOError:
            return None


class TlsSocket:
    """The result of wrapping: the socket below goes on to exist, and errors are mbedTLS's."""

    def __init__(self, context: ssl.SSLContext, sock: Socket, host: str) -> None:
        self._below = sock
        self._tls = context.wrap_socket(
            sock.dup(), server_hostname=host, do_handshake_on_connect=False
        )

    def handshake(self) -> None:
        """Wait no longer than the socket below."""
        self._tls.settimeout(self._below.gettimeout())
        self._do(self._tls.do_handshake)

    def read(self, size: int) -> bytes | None:
        found: bytes | None = self._do(self._tls.read, size)
        return found

    def write(self, data: bytes) -> int | None:
        found: int | None = self._do(self._tls.write, data)
        return found

    def close(self) -> None:
        self._tls.close()
        self._below.close()

    def _do(self, act: Any, *arguments: Any) -> Any:
        if self._below.gettimeout() == 0:
            self._tls.setblocking(False)
        try:
            return act(*arguments)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        except ssl.SSLError as error:
            raise OSError(-0x2700, str(error)) from error


class Context:
    """`ssl.SSLContext` of MicroPython: authorities are DER."""

    def __init__(self, protocol: int) -> None:
        self._context = ssl.SSLContext(protocol)
        self.verify_mode = ssl.CERT_NONE

    def load_verify_locations(self, cadata: bytes) -> None:
        try:
            self._context.load_verify_locations(cadata=cadata)
        except ssl.SSLError as error:
            raise ValueError("invalid cert") from error

    def wrap_socket(
        self, sock: Socket, server_hostname: str, do_handshake_on_connect: bool = True
    ) -> TlsSocket:
        assert self.verify_mode == ssl.CERT_REQUIRED
        assert not do_handshake_on_connect
        return TlsSocket(self._context, sock, server_hostname)


def _wrap_socket(sock: Socket, server_hostname: str) -> TlsSocket:
    """Wrap a socket without verification."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    wrapped = TlsSocket(context, sock, server_hostname)
    wrapped.handshake()
    return wrapped


def new_ssl() -> Any:
    """Return the module `ssl` since 1.21."""
    return types.SimpleNamespace(
        SSLContext=Context,
        PROTOCOL_TLS_CLIENT=ssl.PROTOCOL_TLS_CLIENT,
        CERT_NONE=ssl.CERT_NONE,
        CERT_OPTIONAL=ssl.CERT_OPTIONAL,
        CERT_REQUIRED=ssl.CERT_REQUIRED,
    )


def old_ssl() -> Any:
    """Return the module `ussl` of firmware before that, and of the ESP8266."""
    return types.SimpleNamespace(wrap_socket=_wrap_socket)
