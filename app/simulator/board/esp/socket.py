"""`socket`: the real one, as far as the air between board and network lets it through.

What a name or address leads to is asked of the host, which carries the connections while the
station is associated. What listens gets a port of the host's that is free.
"""

# ruff: noqa: ARG001 - the arguments are those of the real module

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


def getaddrinfo(host, port, family=0, kind=0, proto=0, flags=0):
    """As on the ports: one answer, a stream's unless asked otherwise."""
    address = _sim.call("route", host, port, kind)
    found = usocket.getaddrinfo(address[0], address[1], AF_INET)[0]
    return [(AF_INET, kind or SOCK_STREAM, 0, "", found[4])]


def reset():
    """`socket.reset` of the ESP ports: nothing to do."""
