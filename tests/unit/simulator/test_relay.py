"""The relay between a board and the world, without a board."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from app.simulator.relay import Relay
from tests.patience import PATIENCE_S

Ends = Any  # the two sockets of a connection


class Link:
    """The link that the relay asks about; `asked` is set as soon as it has asked."""

    def __init__(self) -> None:
        self.up = True
        self.asked = threading.Event()
        self.relay = Relay(self)

    def __call__(self) -> bool:
        self.asked.set()
        return self.up

    def turn(self, up: bool) -> None:
        self.up = up
        self.asked.clear()
        self.relay.wake()


@pytest.fixture
def link() -> Iterator[Link]:
    made = Link()
    yield made
    made.relay.close()


@pytest.fixture
def ends(link: Link) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Yield the board's and the world's end of a connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = link.relay.port_to("127.0.0.1", server.getsockname()[1])
        assert port == link.relay.port_to("127.0.0.1", server.getsockname()[1])
        with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as board:
            world, _ = server.accept()
            with world:
                world.settimeout(PATIENCE_S)
                yield board, world


def test_what_is_sent_arrives_both_ways_and_so_does_the_end(ends: Ends) -> None:
    board, world = ends
    board.sendall(b"there")
    assert world.recv(10) == b"there"
    world.sendall(b"and back")
    assert board.recv(10) == b"and back"
    board.shutdown(socket.SHUT_WR)
    assert world.recv(10) == b""
    world.sendall(b"still")
    world.shutdown(socket.SHUT_WR)
    assert board.recv(10) == b"still"
    assert board.recv(10) == b""


def test_without_a_link_it_waits_until_it_is_woken(ends: Ends, link: Link) -> None:
    board, world = ends
    link.turn(False)
    board.sendall(b"held")
    assert link.asked.wait(PATIENCE_S)
    world.setblocking(False)
    with pytest.raises(BlockingIOError):
        world.recv(10)
    link.turn(False)  # news, but the link stays down
    assert link.asked.wait(PATIENCE_S)
    with pytest.raises(BlockingIOError):
        world.recv(10)
    world.settimeout(PATIENCE_S)
    link.turn(True)
    assert world.recv(10) == b"held"


def test_what_waits_ends_when_the_relay_closes(ends: Ends, link: Link) -> None:
    board, world = ends
    link.turn(False)
    board.sendall(b"never")
    assert link.asked.wait(PATIENCE_S)
    link.relay.close()
    assert world.recv(10) == b""


def test_who_connects_without_a_link_is_held(link: Link) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        link.turn(False)
        port = link.relay.port_to("127.0.0.1", server.getsockname()[1])
        with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as board:
            assert link.asked.wait(PATIENCE_S)
            server.setblocking(False)
            with pytest.raises(BlockingIOError):
                server.accept()
            link.relay.close()
            assert board.recv(1) == b""


def test_a_world_that_breaks_off_breaks_off_the_board_too(ends: Ends) -> None:
    board, world = ends
    world.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    world.close()
    # As an end or as a reset, which depends on how much the relay has read by then.
    with suppress(ConnectionResetError, BrokenPipeError):
        board.sendall(b"x")
        assert board.recv(10) == b""


def test_nobody_there_is_a_refusal(link: Link) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        nobody = probe.getsockname()[1]
    port = link.relay.port_to("127.0.0.1", nobody)
    with pytest.raises(ConnectionResetError):  # as soon as it is known
        _first_byte(port)
    assert link.relay.free_port(80) == link.relay.free_port(80) != link.relay.free_port(81)


def _first_byte(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as board:
        return board.recv(1)
