"""The time from a time server (RFC 5905, as a client), where the machine's own clock is not set."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress

from adapters.linux.clock import PLAUSIBLE

SERVER = "pool.ntp.org"
_PORT = 123
_PACKET = 48
_ZERO = 2208988800  # of NTP's seconds to those of 1970
_LIMIT_S = 2.0


def ask(where: str) -> int | None:
    """Return seconds since 1970, or None. `where`: host[:port]; takes 2 s, and its look-up."""
    host, _, port = where.partition(":")
    cookie = os.urandom(8)  # no attacker can guess it
    query = bytes([0x23]) + bytes(39) + cookie  # version 4, a client
    with suppress(OSError, UnicodeError, ValueError):
        family, kind, _, _, address = socket.getaddrinfo(
            host, int(port or _PORT), type=socket.SOCK_DGRAM
        )[0]
        with socket.socket(family, kind) as sock:
            sock.settimeout(_LIMIT_S)
            sock.connect(address)
            sock.send(query)
            return _read(sock.recv(_PACKET), cookie)
    return None


def _read(answer: bytes, cookie: bytes) -> int | None:
    """Return a server's time, if it is a server, is set itself, and answers this very query."""
    if len(answer) < _PACKET or answer[24:32] != cookie:
        return None
    if answer[0] & 7 != 4 or answer[0] >> 6 == 3 or not 0 < answer[1] < 16:
        return None
    seconds = int.from_bytes(answer[40:44], "big")
    seconds += (1 << 32 if seconds < 1 << 31 else 0) - _ZERO  # the count restarts in 2036
    return seconds if seconds >= PLAUSIBLE else None


class Behind:
    """The seconds by which the machine's clock is behind; a server is asked once that is needed."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._found = 0

    def seconds(self) -> int:
        """Return the seconds; 0 for a clock that was set, or where no server answers."""
        now = int(time.time())
        if now >= PLAUSIBLE:
            self._found = 0
        elif not self._found:
            told = ask(self._server) if self._server else None
            self._found = told - now if told else 0
        return self._found
