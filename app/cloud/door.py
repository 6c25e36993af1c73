"""The listener of a server, which starts HTTP, or TLS before it, at a connection's first bytes.

Until then a connection costs a file and no more, and counts as silent; its time has begun.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import socket
import ssl
from collections.abc import Callable

from app.cloud.guests import Guest, Guests, address_of
from app.cloud.limited_h11 import LimitedH11Protocol

_AT_ONCE = 32  # connections accepted before one of them is handled
_PAUSE_S = 0.2  # when the system has no more files or memory

_log = logging.getLogger("pythings.cloud")


class Door:
    """The listener of a server; `context` if it speaks TLS."""

    def __init__(
        self,
        listener: socket.socket,
        guests: Guests,
        make: Callable[[], LimitedH11Protocol],
        context: ssl.SSLContext | None,
    ) -> None:
        self._listener = listener
        self._guests = guests
        self._make = make
        self._context = context
        self._loop = guests.loop
        self._tasks: set[asyncio.Task[None]] = set()
        self._pause: asyncio.TimerHandle | None = None
        limits = guests.limits
        self._first_s = limits.request_s if context is None else limits.handshake_s

    def open(self) -> None:
        """Start accepting connections."""
        self._listener.setblocking(False)
        self._loop.add_reader(self._listener, self._accept)

    def close(self) -> None:
        """Stop accepting connections."""
        self._loop.remove_reader(self._listener)
        if self._pause is not None:
            self._pause.cancel()

    def clear(self) -> None:
        """Close all connections."""
        self._guests.clear()

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                connection, address = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                # Else the same error would be reported again at once, and for ever.
                _log.warning("cannot accept connections for a moment: %s", error)
                self._loop.remove_reader(self._listener)
                self._guests.spare()
                self._pause = self._loop.call_later(_PAUSE_S, self.open)
                return
            self._arrived(connection, address_of(address[0]))

    def _arrived(self, connection: socket.socket, address: str) -> None:
        connection.setblocking(False)

        def leave() -> None:
            self._loop.remove_reader(connection)
            connection.close()

        guest = self._guests.admit(address, leave)
        if guest is None:
            connection.close()
            return
        guest.has(self._first_s)
        self._loop.add_reader(connection, self._says, connection, guest)

    def _says(self, connection: socket.socket, guest: Guest) -> None:
        """Start HTTP, or TLS, on a connection that has sent bytes, or was closed by its client."""
        self._loop.remove_reader(connection)
        guest.asks()
        task = self._loop.create_task(self._enter(connection, guest))
        self._tasks.add(task)
        task.add_done_callback(functools.partial(self._entered, connection))
        guest.leave = task.cancel

    async def _enter(self, connection: socket.socket, guest: Guest) -> None:
        protocol = self._make()
        protocol.guest = guest
        timeout = None if self._context is None else self._guests.limits.handshake_s
        try:
            await self._loop.connect_accepted_socket(
                lambda: protocol, connection, ssl=self._context, ssl_handshake_timeout=timeout
            )
        except OSError:  # no TLS, or not in time
            guest.is_gone()
            connection.close()

    def _entered(self, connection: socket.socket, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():  # maybe before it has begun
            connection.close()
