"""The socket that a cloud listens on, and the URL that leads there."""

from __future__ import annotations

import socket

from app.cloud.errors import CloudFailure

_LAST_PORT = 65535
_BACKLOG = 1024  # connections that the system queues until we accept them
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound to


def listen(host: str, port: int) -> socket.socket:
    """Listen on a host and port, 0 for a free one; raises CloudFailure."""
    if not 0 <= port <= _LAST_PORT:
        raise CloudFailure(f"There is no port {port}. Choose one up to {_LAST_PORT}.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise CloudFailure(
            f"Cannot listen on {host} port {port} ({error}). "
            "Choose another --port (0 for a free one) or --host."
        ) from error
    # Else a response, written in two parts, waits 40 ms for the delayed ACK of the first. asyncio
    # does this only to sockets with a protocol number.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def url_of(host: str, listener: socket.socket, tls: bool) -> str:
    """Return the URL that leads to the listener from this machine."""
    host = _ANY.get(host, host)
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if tls else 'http'}://{shown}:{listener.getsockname()[1]}"
