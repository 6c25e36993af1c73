"""The date, which a board without a battery does not know after power-on.

The firmware compares the dates of certificates with its own clock: in the year 2000 none is valid.
So a time server is asked (RFC 5905, as a client) before there can be a cloud to tell the time.
"""

from __future__ import annotations

import os
import socket
import time

from adapters.micropython.clock import EPOCH_2000, PLAUSIBLE
from ports.clock import Clock

_SERVER = "pool.ntp.org"
_PORT = 123
_PACKET = 48
_ZERO = 2208988800  # of NTP's seconds to those of 1970
_LIMIT_S = 2


def keep(clock: Clock, path: str) -> None:
    """Set the machine's clock, if not set yet, to the time of `clock`, or of a time server.

    `path`: a file with the server's name; an empty one for none.
    """
    try:
        zero = EPOCH_2000 if time.gmtime(0)[0] == 2000 else 0
        if time.time() + zero >= PLAUSIBLE:
            return
        seconds = clock.epoch() or ask(_server(path))
        if seconds:
            import machine

            now = time.gmtime(seconds - zero)
            machine.RTC().datetime(tuple(now[:3]) + (now[6],) + tuple(now[3:6]) + (0,))
    except (OSError, ImportError, AttributeError):
        pass  # the clock stays wrong: the firmware then judges certificates by it


def _server(path: str) -> str:
    try:
        with open(path) as file:
            name: str = file.read(256).strip()
            return name
    except (OSError, ValueError):
        return _SERVER


def ask(host: str) -> int | None:
    """Return seconds since 1970, or None. Waits for 2 s at most, and for the server's address."""
    if not host:
        return None
    cookie = os.urandom(8)
    query = bytearray(_PACKET)
    query[0] = 0x23  # version 4, a client
    query[40:] = cookie  # any number will do, and an attacker cannot guess this one
    sock = None
    try:
        address = socket.getaddrinfo(host, _PORT, 0, socket.SOCK_DGRAM)[0][-1]
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.settimeout(_LIMIT_S)
        sock.connect(address)
        sock.send(query)
        return read(sock.recv(_PACKET), cookie)
    except OSError:
        return None
    finally:
        if sock:
            sock.close()


def read(answer: bytes, cookie: bytes) -> int | None:
    """Return the seconds since 1970 in a server's answer, or None if it cannot be trusted."""
    if len(answer) < _PACKET or answer[24:32] != cookie:
        return None
    # From a server that knows the time itself, at most 15 hops away from a clock.
    if answer[0] & 7 != 4 or answer[0] >> 6 == 3 or not 0 < answer[1] < 16:
        return None
    seconds = int.from_bytes(answer[40:44], "big")
    if seconds < 1 << 31:  # from 2036 on it restarts
        seconds += 1 << 32
    return seconds - _ZERO if seconds - _ZERO >= PLAUSIBLE else None
