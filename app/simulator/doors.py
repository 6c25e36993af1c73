"""The routes to a board that listens: over its access point, or over the network it is in.

Each route has a port of its own on 127.0.0.1. As lwIP does (ip4_input), a board accepts packets
for any of its addresses from any side: `across` leads from the network to the access point's
address. A client that names the port here as the host is taken to mean the board's address.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from app.simulator.relay import Relay, refuse

_SOON_S, _LOOK_S = 3.0, 0.02
ANY = ("", "0.0.0.0")  # noqa: S104 - all addresses of the board


@dataclass(frozen=True)
class Way:
    """A route; `address`: the board's, `peer`: the client's, `open`: tells whether data flows."""

    name: str
    address: str
    peer: str
    open: Callable[[], bool]


class Doors:
    """The host's listening sockets, which lead to a board's; `relay` carries their data."""

    def __init__(self, relay: Relay, ways: tuple[Way, ...]) -> None:
        self._relay = relay
        self._ways = ways
        self._bound: dict[int, str] = {}  # the address bound, by the board's port
        self._listening: dict[int, bool] = {}  # by the host's port, once reported
        self._doors: dict[tuple[str, int], socket.socket] = {}
        self._peers: dict[int, tuple[str, int]] = {}

    def make(self, host: str, port: int) -> tuple[int, dict[str, str]]:
        """Return the host's port for a board to listen on, and the entrance of each route to it."""
        self._bound[port] = host
        inner = self._relay.free_port(port)
        self._listening.pop(inner, None)
        return inner, {way.name: self._door(way, port) for way in self._ways}

    def listens(self, inner: int, does: bool) -> None:
        """Record whether the board listens on the host's port."""
        self._listening[inner] = does

    def restart(self) -> None:
        """Record that no port listens any more."""
        self._listening = dict.fromkeys(self._listening, False)

    def peer(self, source: int) -> tuple[str, int]:
        """Return the address of a connection's client, by the connection's port on the host."""
        return self._peers.pop(source, ("127.0.0.1", source))

    def close(self) -> None:
        """Close all entrances."""
        for door in self._doors.values():
            with suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)
            door.close()

    def _door(self, way: Way, port: int) -> str:
        door = self._doors.get((way.name, port))
        if door is None:
            door = self._doors[way.name, port] = socket.create_server(("127.0.0.1", 0))
            threading.Thread(target=self._accept, args=(door, way, port), daemon=True).start()
        return "127.0.0.1:%d" % door.getsockname()[1]

    def _accept(self, door: socket.socket, way: Way, port: int) -> None:
        while True:
            try:
                client, peer = door.accept()
            except OSError:
                return
            here = ("127.0.0.1:%d" % door.getsockname()[1]).encode()
            arguments = (client, peer[1], here, way, port)
            threading.Thread(target=self._enter, args=arguments, daemon=True).start()

    def _enter(self, client: socket.socket, number: int, here: bytes, way: Way, port: int) -> None:
        with client:
            try:
                if not way.open() or self._bound[port] not in (*ANY, way.address):
                    raise ConnectionRefusedError
                board = self._reach(self._relay.free_port(port), (way.peer, number))
            except OSError:
                refuse(client)
                return
            there = way.address.encode()
            with board:
                self._relay.join(client, board, way.open, lambda data: data.replace(here, there))

    def _reach(self, inner: int, peer: tuple[str, int]) -> socket.socket:
        """Connect to the board; retry for 3 s if it has not yet reported whether it listens."""
        until = time.monotonic() + _SOON_S
        while True:
            board = socket.socket()
            board.bind(("127.0.0.1", 0))
            self._peers[board.getsockname()[1]] = peer
            try:
                board.connect(("127.0.0.1", inner))
                return board
            except OSError:
                board.close()
                if inner in self._listening or time.monotonic() > until:
                    raise
            time.sleep(_LOOK_S)
