"""The ways into a board that listens: who comes by its access point, or by the network it is in.

Each way has a port of its own on 127.0.0.1. As lwIP has it (ip4_input), a board takes what is for
any of its addresses from any side: `across` leads from the network to the access point's address.
Whoever names the port here as the host is taken to mean the board's address.
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
    """`address`: the board's that is called; `peer`: the caller's; `open`: whether data flows."""

    name: str
    address: str
    peer: str
    open: Callable[[], bool]


class Doors:
    """`carry` is a relay's, which ends with it."""

    def __init__(self, relay: Relay, ways: tuple[Way, ...]) -> None:
        self._relay = relay
        self._ways = ways
        self._bound: dict[int, str] = {}  # by the board's port: its address
        self._listening: dict[int, bool] = {}  # by ours: whether it does, as far as is known
        self._doors: dict[tuple[str, int], socket.socket] = {}
        self._peers: dict[int, tuple[str, int]] = {}

    def make(self, host: str, port: int) -> tuple[int, dict[str, str]]:
        """For a board that wants to listen: our port for it, and where each way to it begins."""
        self._bound[port] = host
        inner = self._relay.free_port(port)
        self._listening.pop(inner, None)
        return inner, {way.name: self._door(way, port) for way in self._ways}

    def listens(self, inner: int, does: bool) -> None:
        """It does now, or no more."""
        self._listening[inner] = does

    def restart(self) -> None:
        """Nothing listens any more."""
        self._listening = dict.fromkeys(self._listening, False)

    def peer(self, source: int) -> tuple[str, int]:
        """From where a connection came to the board, by the port that it had here."""
        return self._peers.pop(source, ("127.0.0.1", source))

    def close(self) -> None:
        """Nobody comes any more."""
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
        """Before it has said that it listens, it may be about to."""
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
