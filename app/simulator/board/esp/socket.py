"""`socket`: the real one, as far as the air between board and network lets it through.

What a name or address leads to is asked of the host, which carries the connections while the
station is associated. What listens gets a port of the host's that is free, and the host lets in who
comes by the access point, and who comes by the network that the station is in.
"""

# ruff: noqa: ARG001 - the arguments are those of the real module

import io

import _sim
import usocket
from usocket import (  # noqa: F401
    AF_INET,
    AF_INET6,
    SO_BROADCAST,
    SO_REUSEADDR,
    SOCK_DGRAM,
    SOCK_RAW,
    SOCK_STREAM,
    SOL_SOCKET,
    socket,
)

_CLOSE, _FILE = 4, 10  # micropython: py/stream.h


def getaddrinfo(host, port, family=0, kind=0, proto=0, flags=0):
    """As on the ports: one answer, a stream's unless asked otherwise."""
    global socket
    *address, own = _sim.call("route", host, port, kind)
    socket = _listening if own else usocket.socket
    found = usocket.getaddrinfo(address[0], address[1], AF_INET)[0]
    return [(AF_INET, kind or SOCK_STREAM, 0, "", found[4])]


def reset():
    """`socket.reset` of the ESP ports: nothing to do."""


def _listening(*kind):
    """What `socket` is behind a question for an address of this board's own, once."""
    global socket
    socket = usocket.socket
    return _Listener(*kind)


class _Listener(io.IOBase):
    """`accept` gives (address, port) as lwIP does."""

    def __init__(self, *kind):
        self._socket = usocket.socket(*kind)
        self._port = 0

    def __getattr__(self, name):
        return getattr(self._socket, name)

    def bind(self, address):
        """At an address of `getaddrinfo`."""
        self._port = usocket.sockaddr(address)[2]
        self._socket.bind(address)

    def listen(self, backlog=2):
        """From now on somebody can come."""
        self._socket.listen(backlog)
        _sim.call("listens", self._port, True)

    def accept(self):
        """Who came, and from where."""
        found, address = self._socket.accept()
        return found, tuple(_sim.call("peer", usocket.sockaddr(address)[2]))

    def close(self):
        """Nobody can come any more."""
        self._socket.close()
        _sim.call("listens", self._port, False)

    def ioctl(self, request, _argument):
        """For `select`."""
        if request == _FILE:
            return self._socket.fileno()
        if request == _CLOSE:
            self._socket.close()
        return 0
