"""A relay for a board's connections, while its station is associated.

Otherwise, data sent is held without an error, as when a network has vanished.
"""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from typing import Callable

_CONNECT_S = 10.0
_ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset


class Relay:
    """A relay. `linked` tells whether data flows now; the code that changes that calls `wake`."""

    def __init__(self, linked: Callable[[], bool]) -> None:
        self._linked = linked
        self._listeners: dict[tuple[str, int], socket.socket] = {}
        self._listening: dict[int, int] = {}
        self._lock = threading.Lock()
        self._news = threading.Condition(self._lock)
        self._open: set[socket.socket] = set()
        self._closed = False

    def port_to(self, host: str, port: int) -> int:
        """Return the port on 127.0.0.1 that leads to `host`."""
        with self._lock:
            listener = self._listeners.get((host, port))
            if listener is None:
                listener = self._listeners[host, port] = socket.create_server(("127.0.0.1", 0))
                _thread(self._accept, listener, host, port)
        found: int = listener.getsockname()[1]
        return found

    def free_port(self, port: int) -> int:
        """Return a port for a board to listen on as `port`: the same each time."""
        if port not in self._listening:
            with socket.create_server(("127.0.0.1", 0)) as probe:
                self._listening[port] = probe.getsockname()[1]
        return self._listening[port]

    def wake(self) -> None:
        """Wake the threads that wait for the link, to check it again."""
        with self._news:
            self._news.notify_all()

    def close(self) -> None:
        """Close all connections and listeners."""
        with self._news:
            self._closed = True
            self._news.notify_all()
            for sock in (*self._listeners.values(), *self._open):
                _shut(sock)
            for listener in self._listeners.values():
                listener.close()

    def _accept(self, listener: socket.socket, host: str, port: int) -> None:
        while True:
            try:
                board, _ = listener.accept()
            except OSError:
                return
            _thread(self._connect, board, host, port)

    def _connect(self, board: socket.socket, host: str, port: int) -> None:
        with board:
            if not self._keep(board) or not self._flows(self._linked):
                return
            try:
                world = socket.create_connection((host, port), _CONNECT_S)
            except OSError:
                refuse(board)
                self._forget(board)
                return
            with world:
                world.settimeout(None)
                self.join(board, world, self._linked, lambda data: data)

    def join(
        self,
        one: socket.socket,
        other: socket.socket,
        linked: Callable[[], bool],
        change: Callable[[bytes], bytes],
    ) -> None:
        """Carry data both ways while `linked()`; `change` is applied to the data of `one`."""
        if self._keep(one) and self._keep(other):
            back = _thread(self._carry, other, one, linked, lambda data: data)
            self._carry(one, other, linked, change)
            back.join()
        self._forget(one, other)

    def _carry(
        self,
        source: socket.socket,
        target: socket.socket,
        linked: Callable[[], bool],
        change: Callable[[bytes], bytes],
    ) -> None:
        try:
            while True:
                data = source.recv(65536)
                if not self._flows(linked) or not data:
                    break
                target.sendall(change(data))
            target.shutdown(socket.SHUT_WR)
        except OSError:  # one side is gone: close the other too
            _shut(source)
            _shut(target)

    def _flows(self, linked: Callable[[], bool]) -> bool:
        """Wait until data flows; return False if it never will."""
        with self._news:
            self._news.wait_for(lambda: self._closed or linked())
            return not self._closed

    def _keep(self, sock: socket.socket) -> bool:
        """Register a socket for `close` to shut; return False after `close`."""
        with self._lock:
            self._open.add(sock)
            return not self._closed

    def _forget(self, *sockets: socket.socket) -> None:
        with self._lock:
            self._open.difference_update(sockets)


def refuse(sock: socket.socket) -> None:
    """Set a socket to be closed with a reset."""
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)


def _thread(target: Callable[..., None], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=target, args=arguments, daemon=True)
    thread.start()
    return thread


def _shut(sock: socket.socket) -> None:
    """Shut a socket, which ends all waiting for it; its owner closes it."""
    with suppress(OSError):  # never connected, or gone already
        sock.shutdown(socket.SHUT_RDWR)
