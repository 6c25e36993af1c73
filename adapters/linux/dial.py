"""Connections to a host with several addresses, as in RFC 8305 (Happy Eyeballs)."""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time
from itertools import chain, zip_longest

from adapters.linux import sockets
from adapters.linux.sockets import Address
from domain.errors import LinkError

_HEAD_START_S = 0.25  # of an address before the next is tried too (RFC 8305, section 5)

_NOWHERE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL)


def connect(host: str, port: int, limit_s: float, proven: Address | None = None) -> socket.socket:
    """Return a TCP connection to `host`, made within `limit_s` seconds.

    An address that does not answer holds up the others for 250 ms only. `proven`: the address that
    worked last is tried first. The socket's timeout is the rest of the limit. Raises `LinkError`:
    `no_address`, `no_link`, `refused`, `timeout`.
    """
    until = time.monotonic() + limit_s
    race = _Race(in_turn(sockets.resolve(host, port, limit_s), proven))
    try:
        while race.running and time.monotonic() < until:
            sock = race.step(until)
            if sock:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(max(0.001, until - time.monotonic()))
                return sock
    finally:
        race.close()
    trouble = TimeoutError() if race.running else race.trouble
    raise _connect_error(trouble, sockets.authority(host, port)) from trouble


def in_turn(addresses: list[Address], proven: Address | None = None) -> list[Address]:
    """Return the addresses with the families in turns, the proven one first.

    The family that the resolver prefers begins (RFC 8305, section 4).
    """
    first = [one for one in addresses if one[0] == addresses[0][0]]
    other = [one for one in addresses if one[0] != addresses[0][0]]
    ordered = [one for one in chain(*zip_longest(first, other)) if one]
    if proven in ordered:
        ordered.remove(proven)
        ordered.insert(0, proven)
    return ordered


class _Race:
    """Attempts to connect that run at the same time; `trouble` is the last one's that failed."""

    def __init__(self, addresses: list[Address]) -> None:
        self.trouble: OSError = TimeoutError()
        self._left = addresses
        self._next_at = 0.0
        self._open = selectors.DefaultSelector()

    @property
    def running(self) -> bool:
        """Tell whether an attempt is open or yet to be made."""
        return bool(self._left or self._open.get_map())

    def step(self, until: float) -> socket.socket | None:
        """Wait for the next thing to happen; return the connection that was made, if one was."""
        now = time.monotonic()
        if self._left and now >= self._next_at:
            self._next_at = now + _HEAD_START_S
            self._begin(self._left.pop(0))
        if not self._open.get_map():  # it failed at once
            return None
        pause = min(until, self._next_at) if self._left else until
        for key, _ in self._open.select(max(0.0, pause - now)):
            sock = key.fileobj
            assert isinstance(sock, socket.socket)
            self._open.unregister(sock)
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if not code:
                return sock
            self._failed(sock, code)
        return None

    def _begin(self, address: Address) -> None:
        try:
            sock = socket.socket(address[0], socket.SOCK_STREAM)
        except OSError as error:  # a kernel without this family
            self.trouble = error
            self._next_at = 0.0
            return
        sock.setblocking(False)
        code = sock.connect_ex(address[1])
        if code in (0, errno.EINPROGRESS):
            self._open.register(sock, selectors.EVENT_WRITE)
        else:
            self._failed(sock, code)

    def _failed(self, sock: socket.socket, code: int) -> None:
        """Record a failed attempt; the next address need not wait for its turn."""
        sock.close()
        self.trouble = OSError(code, os.strerror(code))
        self._next_at = 0.0

    def close(self) -> None:
        """Give up the attempts that are still open."""
        for key in list(self._open.get_map().values()):
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()
        self._open.close()


def _connect_error(error: OSError, where: str) -> LinkError:
    if isinstance(error, TimeoutError) or error.errno == errno.ETIMEDOUT:
        return LinkError("timeout", "%s does not answer - look after it and the network" % where)
    if error.errno in _NOWHERE:
        return LinkError("no_link", "no way to %s: %s" % (where, error.strerror))
    return LinkError(
        "refused", "%s refuses the connection (%s) - is it running?" % (where, error.strerror)
    )
