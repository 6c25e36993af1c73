"""The module `socket`: the real one, limited to the traffic that the simulated network allows.

The host resolves names and addresses, and carries the connections while the station is associated.
A listening socket gets a free port of the host's; the host forwards to it connections over the
access point, and over the network that the station is in.
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
    """Return one answer as the ports do, a stream's unless `kind` says otherwise."""
    global socket
    *address, own = _sim.call("route", host, port, kind)
    socket = _listening if own else usocket.socket
    found = usocket.getaddrinfo(address[0], address[1], AF_INET)[0]
    return [(AF_INET, kind or SOCK_STREAM, 0, "", found[4])]


def reset():
    """Do nothing, as `socket.reset` of the ESP ports has no effect here."""


def _listening(*kind):
    """Replace `socket` once, after a query for an own address, by a listening socket."""
    global socket
    socket = usocket.socket
    return _Listener(*kind)


class _Listener(io.IOBase):
    """A listening socket; its `accept` returns (address, port) as lwIP does."""

    def __init__(self, *kind):
        self._socket = usocket.socket(*kind)
        self._port = 0

    def __getattr__(self, name):
        return getattr(self._socket, name)

    def bind(self, address):
        """Bind to an address that `getaddrinfo` returned."""
        self._port = usocket.sockaddr(address)[2]
        self._socket.bind(address)

    def listen(self, backlog=2):
        """Listen, and have the host forward connections."""
        self._socket.listen(backlog)
        _sim.call("listens", self._port, True)

    def accept(self):
        """Return a connection and the (address, port) of its client."""
        found, address = self._socket.accept()
        return found, tuple(_sim.call("peer", usocket.sockaddr(address)[2]))

    def close(self):
        """Close the socket, and have the host forward no more connections."""
        self._socket.close()
        _sim.call("listens", self._port, False)

    def ioctl(self, request, _argument):
        """Answer `select`."""
        if request == _FILE:
            return self._socket.fileno()
        if request == _CLOSE:
            self._socket.close()
        return 0
