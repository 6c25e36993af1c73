"""A TCP or TLS connection by MicroPython's sockets."""

from __future__ import annotations

import errno
import socket
from typing import Any

from domain.errors import LinkError
from ports.clock import Clock

_NAP_MS = 10  # between two reads of a socket: `poll` does not see data that TLS has read ahead


class SocketStream:
    """A connection. `tls.wrap(socket, host)` makes it TLS, as in `adapters.micropython.tls`.

    Looking up a host takes as long as the firmware lets it: some 15 s.
    """

    def __init__(self, clock: Clock, tls: Any) -> None:
        self._clock = clock
        self._tls = tls
        self._open: Any = None
        self._proven: Any = None  # the address that answered last

    def connect(self, host: str, port: int, tls: bool, limit_ms: int) -> None:
        """Connect; a connection before is closed. The handshake may be left to the first write."""
        self.close()
        until = self._clock.monotonic() + limit_ms
        code = "no_address"
        try:
            found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
            code = "refused"
            sock = self._dial(found, until)
            if tls:
                code = "tls"
                self._open = self._tls.wrap(sock, host)
            sock.setblocking(False)
        except (OSError, ValueError) as error:
            self.close()
            raise _error(error, code, host) from error

    def _dial(self, found: list[Any], until: int) -> Any:
        """Return a socket to the first address that answers; the last one that did is tried first.

        Each has its share of the time that is left.
        """
        found.sort(key=lambda one: one[-1] != self._proven)
        for index, one in enumerate(found):
            sock = self._open = socket.socket(one[0])
            sock.settimeout(max(1, until - self._clock.monotonic()) / (len(found) - index) / 1000)
            try:
                sock.connect(one[-1])
            except OSError:
                self.close()
                if index + 1 == len(found):
                    raise
            else:
                self._proven = one[-1]
                return sock
        raise OSError(errno.EHOSTUNREACH)

    def read(self, size: int, limit_ms: int) -> bytes:
        """Return the bytes that have come, as soon as there are any."""
        data: bytes = self._do("read", size, self._clock.monotonic() + limit_ms)
        return data

    def write(self, data: bytes, limit_ms: int) -> None:
        """Write all the data within the limit."""
        until = self._clock.monotonic() + limit_ms
        left = memoryview(data)
        while left:
            left = left[self._do("write", left, until) :]

    def close(self) -> None:
        """Close the connection; data written before still arrives."""
        sock, self._open = self._open, None
        if sock:
            try:  # noqa: SIM105 - a board has no contextlib
                sock.close()
            except OSError:
                pass

    def _do(self, name: str, argument: Any, until: int) -> Any:
        """Return the result of a method of the socket, as soon as it is not None."""
        while self._open:
            try:
                result = getattr(self._open, name)(argument)
            except (OSError, ValueError) as error:
                raise _error(error, "cut", "the cloud") from error
            if result is not None:
                return result
            if self._clock.monotonic() >= until:
                raise LinkError("timeout", "no answer in time - look after the network")
            self._clock.sleep(_NAP_MS)
        raise LinkError("cut", "the connection is closed")


def _error(error: Exception, code: str, where: str) -> LinkError:
    number = error.args[0] if error.args else 0
    if number in (errno.ETIMEDOUT, errno.EINPROGRESS, errno.EAGAIN):
        code = "timeout"
    elif number == errno.EHOSTUNREACH:
        code = "no_link"
    elif code == "cut" and not (isinstance(number, int) and number > 0):
        code = "tls"  # its numbers are negative
    look = "the file ca, or the date: the file ntp" if code == "tls" else "both ends"
    return LinkError(
        code, "no connection to %s: %s %r - look after %s" % (where, code, error, look)
    )
