"""StreamTransport over real sockets, and over a scripted stream with a fake clock."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, Callable

import pytest

from adapters.http.transport import StreamTransport
from adapters.linux.clock import LinuxClock
from adapters.linux.stream import LinuxStream
from domain.errors import LinkError, ThingError
from tests.contract.check_transport import JSON, PATH, check_transport
from tests.contract.servers import Handler, Server, end, http, reset, says, trickles
from tests.fakes.clock import FakeClock
from tests.fakes.source import exchange, whole

Serve = Callable[..., Server]
Made = Callable[..., StreamTransport]

OK = http(200, JSON, b"{}")
ANSWER = (200, JSON, b"{}")


@pytest.fixture
def made(stack: ExitStack) -> Made:
    """Return `made(server)`, which makes a transport to a server, with a limit of 5 s."""

    def make(server: Server, **options: Any) -> StreamTransport:
        options = {"total_ms": 5000, **options}
        transport = StreamTransport(LinuxStream(), LinuxClock(), **options)
        stack.callback(transport.close)
        transport.use(server.backend, False)
        return transport

    return make


def error(transport: StreamTransport, limit: int = 1000) -> ThingError:
    """Return the error that a post raises."""
    with pytest.raises(ThingError) as caught:
        exchange(transport, PATH, b"{}", limit)
    assert len(caught.value.text) > 10
    return caught.value


def answering(*answers: tuple[int, str, bytes]) -> Handler:
    """Return a handler of these answers, in order, over one or more connections."""
    left = list(answers)

    def handler(conn: Any, server: Server) -> None:
        while left and server.request(conn):
            conn.sendall(http(*left.pop(0)))

    return handler


def test_contract(serve: Serve, made: Made) -> None:
    def make(*answers: tuple[int, str, bytes]) -> tuple[StreamTransport, list[bytes]]:
        server = serve(answering(*answers))
        return made(server), server.requests

    check_transport(make)


def test_the_request_is_what_linux_sends(serve: Serve, made: Made) -> None:
    server = serve(says(OK, OK))
    transport = made(server)
    body = b'{"token":"8ede9696-f124-47f2-bfe5-e9a2465e7e3c"}'
    for _ in range(2):
        assert exchange(transport, PATH, body, 100) == ANSWER
    assert server.heads[0] == server.heads[1]
    assert sorted(server.heads[0].decode().split("\r\n")) == [
        "Content-Length: 48",
        "Content-Type: application/json",
        f"Host: {server.backend}",
        f"POST {PATH} HTTP/1.1",
    ]
    assert server.connections == 1


def test_a_connection_that_was_closed_is_noticed_before_it_is_used(
    serve: Serve, made: Made
) -> None:
    server = serve(says(OK), says(OK, OK))
    transport = made(server)
    for _ in range(3):
        assert exchange(transport, PATH, b"{}", 100) == ANSWER
        server.ended(1)
    assert server.connections == 2
    assert len(server.requests) == 3


def test_a_post_that_was_sent_is_not_sent_again(serve: Serve, made: Made) -> None:
    def first(conn: Any, server: Server) -> None:
        server.request(conn)
        conn.sendall(OK)
        server.request(conn)
        reset(conn)

    server = serve(first, says(OK))
    transport = made(server)
    assert exchange(transport, PATH, b"{}", 100) == ANSWER
    assert error(transport).code == "cut"
    assert len(server.requests) == 2
    assert exchange(transport, PATH, b"{}", 100) == ANSWER


@pytest.mark.parametrize(
    "handler",
    [
        says(b"", then="hang"),
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", then="hang"),
        trickles(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
        trickles(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
        trickles(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_the_whole_exchange_is_bounded(handler: Handler, serve: Serve, made: Made) -> None:
    found = error(made(serve(handler), total_ms=200), 1_000_000)
    assert (type(found), found.code) == (LinkError, "timeout")


def test_works_again_after_a_timeout(serve: Serve, made: Made) -> None:
    server = serve(lambda conn, server: end(conn, server, "hang"), says(OK))
    transport = made(server, total_ms=300)
    assert error(transport).code == "timeout"
    assert exchange(transport, PATH, b"{}", 100) == ANSWER


def test_of_a_page_with_an_error_the_beginning_is_enough(serve: Serve, made: Made) -> None:
    server = serve(answering((502, "text/html", b"<" * 9000)), says(OK))
    transport = made(server)
    status, kind, body = exchange(transport, PATH, b"{}", 16_384)
    assert (status, kind) == (502, "text/html")
    assert 1024 <= len(body) < 2048
    assert exchange(transport, PATH, b"{}", 100) == ANSWER
    assert server.connections == 2


def test_what_is_announced_too_long_is_not_begun(serve: Serve, made: Made) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nx"
    transport = made(serve(says(head, then="hang")))
    found = error(transport, 1000)
    assert (found.code, "answers with more than 1000 bytes" in found.text) == ("too_long", True)
    assert whole(transport) == b""


def test_cut_answers_and_no_answers(serve: Serve, made: Made) -> None:
    for raw, code in (
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", "cut"),
        (b"HTTP/1.1 2", "cut"),
        (b"", "cut"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "not_http"),
    ):
        assert error(made(serve(says(raw)))).code == code


class Script:
    """A stream that records its connections and answers OK each time."""

    def __init__(self, clock: FakeClock, slow_ms: int = 0) -> None:
        self.clock = clock
        self.slow_ms = slow_ms
        self.opened: list[tuple[str, int, bool, int]] = []
        self.left = b""
        self.half = False

    def connect(self, host: str, port: int, tls: bool, limit_ms: int) -> None:
        self.opened.append((host, port, tls, limit_ms))

    def read(self, size: int, limit_ms: int) -> bytes:
        self.clock.sleep(self.slow_ms)
        if self.half:
            size = 20
        data, self.left = self.left[:size], self.left[size:]
        return data

    def write(self, data: bytes, limit_ms: int) -> None:
        self.left = OK[:-1] if self.half else OK

    def close(self) -> None:
        self.left = b""


def test_where_a_backend_is() -> None:
    stream = Script(FakeClock())
    transport = StreamTransport(stream, stream.clock)
    with pytest.raises(RuntimeError):
        exchange(transport, PATH, b"", 1)
    for backend, ssl in (("a.b", True), ("a.b", False), ("a.b:81", True), ("a.b:81", False)):
        transport.use(backend, ssl)
        exchange(transport, PATH, b"{}", 100)
    assert [item[:3] for item in stream.opened] == [
        ("a.b", 443, True),
        ("a.b", 80, False),
        ("a.b", 81, True),
        ("a.b", 81, False),
    ]
    assert {item[3] for item in stream.opened} == {10_000}
    for backend in ("a.b:port", "a.b:1:2", "a.b:"):
        transport.use(backend, False)
        if backend != "a.b:":
            assert error(transport).code == "no_address"


def test_time_is_the_clock_ports() -> None:
    stream = Script(FakeClock(), slow_ms=400)
    transport = StreamTransport(stream, stream.clock, total_ms=500)
    transport.use("a.b", False)
    assert exchange(transport, PATH, b"{}", 100) == ANSWER
    stream.half = True
    assert error(transport).code == "timeout"
