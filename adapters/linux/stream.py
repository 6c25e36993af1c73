"""A TCP or TLS connection."""

from __future__ import annotations

import socket
import ssl
import time
from contextlib import suppress

from adapters.linux import dial, sockets
from adapters.linux.ntp import Behind
from domain.errors import LinkError


class LinuxStream:
    """A TCP or TLS connection. `ca`: file of the authorities to trust, instead of the public ones;
    `ntp`: the time server to ask before TLS if this machine's clock is not set, "" for none."""

    def __init__(self, ca: str | None = None, ntp: str = "") -> None:
        self._ca = ca
        self._behind = Behind(ntp)
        self._context: ssl.SSLContext | None = None
        self._open: socket.socket | None = None
        self._where = ""
        self._proven: sockets.Address | None = None

    def connect(self, host: str, port: int, tls: bool, limit_ms: int) -> None:
        """Connect; a connection before is closed."""
        self.close()
        self._where = sockets.authority(host, port)
        behind = 0
        if tls:
            behind = self._behind.seconds()
            self._context = self._context or sockets.tls_context(self._ca)
            sockets.ignore_dates(self._context, bool(behind))
        sock = dial.connect(host, port, limit_ms / 1000, self._proven)
        if tls and self._context:
            try:
                # An end without TLS's close_notify may be an attacker's (RFC 9112 9.8).
                sock = self._context.wrap_socket(
                    sock, server_hostname=host, suppress_ragged_eofs=False
                )
            except OSError as error:
                sock.close()
                raise sockets.handshake_error(error, self._where) from error
            if behind:
                try:
                    now = time.time() + behind
                    sockets.check_dates(sock.getpeercert(), now, self._where)
                except LinkError:
                    sock.close()
                    raise
        self._proven = (sock.family, sock.getpeername())
        self._open = sock

    def read(self, size: int, limit_ms: int) -> bytes:
        """Return the bytes of one packet, or TLS record."""
        sock = self._socket()
        try:
            sock.settimeout(max(1, limit_ms) / 1000)
            return sock.recv(size)
        except OSError as error:
            raise sockets.io_error(error, self._where) from error

    def write(self, data: bytes, limit_ms: int) -> None:
        """Write all the data within the limit."""
        sock = self._socket()
        until = time.monotonic() + limit_ms / 1000
        left = memoryview(data)
        try:
            while left:
                remaining = until - time.monotonic()
                if remaining <= 0:
                    raise TimeoutError
                sock.settimeout(remaining)
                left = left[sock.send(left) :]
        except OSError as error:
            raise sockets.io_error(error, self._where) from error

    def close(self) -> None:
        """Close the connection; data written before still arrives."""
        sock, self._open = self._open, None
        if sock:
            with suppress(OSError):
                sock.close()

    def _socket(self) -> socket.socket:
        if self._open is None:
            raise LinkError("cut", "the connection is closed")
        return self._open
