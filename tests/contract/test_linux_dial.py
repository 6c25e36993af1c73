"""Connecting to a host with several addresses, some of them dead."""

from __future__ import annotations

import errno
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any, Callable

import pytest

from adapters.http.transport import StreamTransport
from adapters.linux import dial, sockets
from adapters.linux.clock import LinuxClock
from adapters.linux.stream import LinuxStream
from adapters.micropython.stream import SocketStream as BoardStream
from domain.errors import LinkError
from tests.contract.check_transport import JSON, PATH
from tests.contract.servers import PATIENCE, Server, http
from tests.fakes.source import exchange

V4, V6 = socket.AF_INET, socket.AF_INET6
Code = Callable[[Callable[[], object]], str]


@pytest.fixture
def dead() -> Iterator[sockets.Address]:
    """Yield an address that never answers, as its queue of connections is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        address: Any = server.getsockname()
        waiting = []
        while True:
            sock = socket.socket()
            waiting.append(sock)
            sock.settimeout(0.2)
            try:
                sock.connect(address)
            except TimeoutError:
                break
        yield V4, address
        for sock in waiting:
            sock.close()


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[sockets.Address]:
    """Return the list of addresses that every name resolves to; a test fills it."""
    addresses: list[sockets.Address] = []
    monkeypatch.setattr(sockets, "resolve", lambda *args: list(addresses))
    return addresses


def silent(conn: socket.socket, server: Server) -> None:
    """Accept a connection and close it without a byte."""


def test_a_dead_address_takes_a_part_of_the_time_only(serve, found, dead) -> None:
    server = serve(silent)
    found += [dead, dead, dead, (V4, ("127.0.0.1", server.port))]
    with dial.connect("host", 1, PATIENCE) as sock:
        assert sock.getpeername() == ("127.0.0.1", server.port)
        assert 0 < (sock.gettimeout() or 0) <= PATIENCE


def test_a_refused_address_is_followed_by_the_next(serve, found, code) -> None:
    server = serve(silent)
    found += [(V4, ("127.0.0.2", server.port)), (V4, ("127.0.0.1", server.port))]
    with dial.connect("host", server.port, PATIENCE) as sock:
        assert sock.getpeername()[0] == "127.0.0.1"
    del found[1]
    assert code(lambda: dial.connect("host", server.port, PATIENCE)) == "refused"
    found.clear()
    assert code(lambda: dial.connect("host", server.port, PATIENCE)) == "timeout"


def test_only_dead_addresses(found, dead, code) -> None:
    found += [dead, dead]
    assert code(lambda: dial.connect("host", 1, 0.6)) == "timeout"


def test_the_families_take_turns_and_the_proven_address_is_first() -> None:
    one, two, three = (V6, ("::1", 1)), (V6, ("::2", 1)), (V4, ("127.0.0.1", 1))
    assert dial.in_turn([one, two, three]) == [one, three, two]
    assert dial.in_turn([three, one, two]) == [three, one, two]
    assert dial.in_turn([one, two, three], proven=two) == [two, one, three]
    assert dial.in_turn([one], proven=three) == [one]
    assert dial.in_turn([]) == []


def test_the_address_that_worked_is_tried_first_next_time(serve, found, dead, monkeypatch) -> None:
    server = serve(silent)
    good = (V4, ("127.0.0.1", server.port))
    found += [dead, good]
    began: list[sockets.Address] = []
    begin = dial._Race._begin

    def noted(race: dial._Race, address: sockets.Address) -> None:
        began.append(address)
        begin(race, address)

    monkeypatch.setattr(dial._Race, "_begin", noted)
    stream = LinuxStream()
    for _ in range(2):
        stream.connect("host", server.port, False, PATIENCE * 1000)
        stream.close()
    assert began == [dead, good, good]


def test_time_for_names_is_time_for_connecting(monkeypatch, code) -> None:
    def resolve(*args: Any) -> list[sockets.Address]:
        time.sleep(0.02)
        return [(V4, ("127.0.0.1", 1))]

    monkeypatch.setattr(sockets, "resolve", resolve)
    assert code(lambda: dial.connect("host", 1, 0.01)) == "timeout"


@pytest.mark.parametrize(
    ("number", "wanted", "says"),
    [
        (errno.ECONNREFUSED, "refused", "refuses the connection"),
        (errno.ECONNRESET, "refused", "refuses the connection"),
        (errno.ETIMEDOUT, "timeout", "does not answer"),
        (errno.ENETUNREACH, "no_link", "no way to 127.0.0.1:80: Network is unreachable"),
        (errno.EHOSTUNREACH, "no_link", "no way to 127.0.0.1:80: No route to host"),
    ],
)
def test_what_keeps_us_from_connecting(number, wanted, says, found, monkeypatch) -> None:
    class Failing(socket.socket):
        def connect_ex(self, address: Any) -> int:
            return int(number)

    found.append((V4, ("127.0.0.1", 80)))
    monkeypatch.setattr(socket, "socket", Failing)
    with pytest.raises(LinkError, match=says) as caught:
        dial.connect("127.0.0.1", 80, PATIENCE)
    assert caught.value.code == wanted


def test_a_kernel_without_a_family(serve, found, monkeypatch) -> None:
    server = serve(silent)
    found += [(V6, ("::1", server.port)), (V4, ("127.0.0.1", server.port))]

    class Old(socket.socket):
        def __init__(self, family: int = -1, *args: Any, **kwargs: Any) -> None:
            if family == V6:
                raise OSError(errno.EAFNOSUPPORT, "not supported")
            super().__init__(family, *args, **kwargs)

    monkeypatch.setattr(socket, "socket", Old)
    with dial.connect("host", server.port, PATIENCE) as sock:
        assert sock.family == V4


class NoTls:
    """A stand-in for a board's TLS in tests without TLS."""


def test_a_board_connects_to_an_ipv6_address() -> None:
    stream = BoardStream(LinuxClock(), NoTls())
    with socket.create_server(("::1", 0), family=V6) as listener:
        stream.connect("::1", listener.getsockname()[1], False, PATIENCE * 1000)
        assert stream._open.family == V6
        stream.close()


def test_an_ipv6_address_as_backend() -> None:
    transport = StreamTransport(LinuxStream(), LinuxClock(), 1000)

    def answer(listener: socket.socket) -> None:
        conn, _ = listener.accept()
        with conn:
            while not heads or not heads[-1].endswith(b"{}"):
                heads.append(conn.recv(1000))
            conn.sendall(http(200, JSON, b"{}"))

    heads: list[bytes] = []
    with socket.create_server(("::1", 0), family=V6) as listener:
        listener.settimeout(PATIENCE)
        backend = "[::1]:%d" % listener.getsockname()[1]
        transport.use(backend, False)
        server = threading.Thread(target=answer, args=(listener,))
        server.start()
        assert exchange(transport, PATH, b"{}", 100)[0] == 200
        server.join()
        transport.close()
    assert b"Host: %s\r\n" % backend.encode() in b"".join(heads)


def test_errors_show_an_ipv6_address_in_brackets() -> None:
    with socket.create_server(("::1", 0), family=V6) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(LinkError, match=r"^\[::1\]:%d refuses" % port):
        LinuxStream().connect("::1", port, False, PATIENCE * 1000)


@pytest.mark.parametrize("first", ["dead", "refused"])
def test_a_board_gives_each_address_its_share(first, serve, dead, closed, monkeypatch) -> None:
    server = serve(silent)
    bad = dead[1] if first == "dead" else closed
    rows = [(V4, socket.SOCK_STREAM, 0, "", where) for where in (bad, server_address(server))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args: list(rows))
    stream = BoardStream(LinuxClock(), NoTls())
    stream.connect("host", 80, False, 2000)
    assert stream._open.getpeername() == server_address(server)
    rows.pop()
    with pytest.raises(LinkError):
        stream.connect("host", 80, False, 500)
    rows.clear()
    with pytest.raises(LinkError):
        stream.connect("host", 80, False, 500)
    stream.close()


def server_address(server: Server) -> tuple[str, int]:
    return ("127.0.0.1", server.port)


@pytest.fixture
def closed() -> tuple[str, int]:
    """Return an address that refuses connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address: tuple[str, int] = server.getsockname()
        return address


@pytest.fixture
def code() -> Code:
    """Return a function that returns the code of the LinkError that a call raises."""

    def call(function: Callable[[], object]) -> str:
        with pytest.raises(LinkError) as caught:
            function()
        assert len(caught.value.text) > 10
        return caught.value.code

    return call
