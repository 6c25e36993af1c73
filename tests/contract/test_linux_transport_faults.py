"""Linux's transport: time limits, errors, TLS, and kept connections."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any, Callable

import pytest

from app.boards import linux
from domain.errors import LinkError, ThingError
from ports.transport import Transport
from tests.contract.check_transport import JSON, PATH
from tests.contract.servers import (
    PATIENCE,
    Authority,
    Handler,
    Server,
    end,
    http,
    reset,
    says,
    trickles,
)
from tests.fakes.source import exchange

OK = http(200, JSON, b"{}")
ANSWER = (200, JSON, b"{}")


def error(transport: Transport, limit: int = 1000) -> ThingError:
    """Return the error that a post raises."""
    with pytest.raises(ThingError) as caught:
        exchange(transport, PATH, b"{}", limit)
    assert len(caught.value.text) > 10
    return caught.value


# time


@pytest.mark.parametrize(
    "handler",
    [
        lambda conn, server: end(conn, server, "hang"),
        says(b"", then="hang"),
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", then="hang"),
        trickles(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
        trickles(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        trickles(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
        trickles(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        trickles(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_the_whole_exchange_is_bounded(handler, serve, connect) -> None:
    server = serve(handler)
    before = threading.active_count()
    began = time.monotonic()
    found = error(connect(server, total_ms=300), 1_000_000)
    assert (type(found), found.code) == (LinkError, "timeout")
    assert 0.25 < time.monotonic() - began < 20  # though it trickles for ever
    assert threading.active_count() <= before + 1  # the server's thread


def test_a_request_that_is_not_read_is_bounded(serve, connect) -> None:
    server = serve(lambda conn, server: end(conn, server, "hang"))
    transport = connect(server, total_ms=300)
    with pytest.raises(LinkError) as caught:
        exchange(transport, PATH, bytes(50_000_000), 10)
    assert caught.value.code == "timeout"


def test_works_again_after_a_timeout(serve, connect) -> None:
    server = serve(lambda conn, server: end(conn, server, "hang"), says(OK))
    transport = connect(server, total_ms=300)
    assert error(transport).code == "timeout"
    assert exchange(transport, PATH, b"{}", 100) == ANSWER


# connecting


def test_what_keeps_us_from_connecting(connect, serve) -> None:
    transport = linux.by_sockets(total_ms=300)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for backend, codes in (
        (f"127.0.0.1:{port}", ("refused",)),
        ("nobody.invalid", ("no_address", "no_link")),
        ("two words", ("no_address",)),
        ("127.0.0.1:port", ("no_address",)),
        (".", ("no_address", "no_link")),
        ("x" * 300, ("no_address", "no_link")),
    ):
        transport.use(backend, False)
        found = error(transport)
        assert isinstance(found, LinkError)
        assert found.code in codes, backend


# connections that are kept


def _drops_the_second(end: Callable[[socket.socket], None]) -> Handler:
    """Return a handler that closes a kept connection when the next request has arrived."""

    def handle(conn: socket.socket, server: Server) -> None:
        server.request(conn)
        conn.sendall(OK)
        server.request(conn)
        end(conn)

    return handle


@pytest.mark.parametrize("end", [lambda conn: None, reset])
def test_a_stale_connection_is_replaced_once(end, serve, connect) -> None:
    server = serve(_drops_the_second(end), says(OK))
    transport = connect(server)
    for body in (b"1", b"2"):
        assert exchange(transport, PATH, body, 100) == ANSWER
    assert server.requests == [b"1", b"2", b"2"]


def test_the_replacement_is_the_last_try(serve, connect) -> None:
    server = serve(_drops_the_second(lambda conn: None), says(b""))
    transport = connect(server)
    exchange(transport, PATH, b"1", 100)
    assert error(transport).code == "cut"
    assert server.requests == [b"1", b"{}", b"{}"]


def test_trouble_after_a_replacement_leaves_open_whether_the_first_was_obeyed(
    serve, connect
) -> None:
    trouble = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"
    server = serve(_drops_the_second(lambda conn: None), says(trouble, trouble))
    transport = connect(server)
    exchange(transport, PATH, b"1", 100)
    assert error(transport).code == "cut"
    assert exchange(transport, PATH, b"3", 100)[0] == 500  # on the connection that answers


def test_a_fresh_connection_is_not_tried_again(serve, connect) -> None:
    server = serve(says(b""))
    assert error(connect(server)).code == "cut"
    assert server.requests == [b"{}"]


@pytest.mark.parametrize("then", ["close", "reset"])
def test_an_answer_that_began_is_not_asked_for_again(then: str, serve, connect) -> None:
    server = serve(says(OK, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nx", then=then))
    transport = connect(server)
    exchange(transport, PATH, b"1", 100)
    assert error(transport).code == "cut"
    assert server.connections == 1


def test_a_kept_connection_that_hangs_is_not_tried_again(serve, connect) -> None:
    server = serve(says(OK, b"", then="hang"))
    transport = connect(server, total_ms=300)
    exchange(transport, PATH, b"1", 100)
    assert error(transport).code == "timeout"
    assert server.connections == 1


def test_a_connection_that_was_closed_meanwhile(serve, connect) -> None:
    closed = threading.Event()

    def first(conn: socket.socket, server: Server) -> None:
        says(OK)(conn, server)
        conn.close()
        closed.set()

    server = serve(first, says(OK))
    transport = connect(server)
    exchange(transport, PATH, b"1", 100)
    assert closed.wait(PATIENCE)
    assert exchange(transport, PATH, b"2", 100) == ANSWER
    assert server.requests == [b"1", b"2"]


# TLS


def tls(server: Server, ca: str | None, host: str = "localhost", **options: Any):
    transport = linux.by_sockets(ca, **options)
    transport.use(f"{host}:{server.port}", True)
    return transport


def test_over_tls(serve, authority: Authority) -> None:
    server = serve(says(OK, OK), tls=authority.server("localhost"))
    transport = tls(server, authority.ca)
    for body in (b"1", b"2" * 100_000):
        assert exchange(transport, PATH, body, 100) == ANSWER
    assert server.connections == 1
    transport.close()


def test_from_clear_to_tls_and_back(serve, authority: Authority) -> None:
    clear, secure = serve(says(OK)), serve(says(OK), tls=authority.server("localhost"))
    transport = linux.by_sockets(authority.ca)
    for server, ssl in ((clear, False), (secure, True), (clear, False)):
        transport.use(f"localhost:{server.port}", ssl)
        assert exchange(transport, PATH, b"{}", 100) == ANSWER
    assert clear.connections == 2
    transport.close()


def test_certificates_that_are_not_trusted(serve, authority: Authority, tmp_path) -> None:
    good = authority.server("localhost")
    own = authority.server("localhost", self_signed=True)
    another = Authority(tmp_path)
    for context, ca, host in (
        (good, None, "localhost"),
        (good, another.ca, "localhost"),
        (good, authority.ca, "127.0.0.1"),
        (own, authority.ca, "localhost"),
        (good, str(tmp_path / "missing.pem"), "localhost"),
    ):
        server = serve(says(OK), tls=context)
        transport = tls(server, ca, host)
        found = error(transport)
        assert (type(found), found.code) == (LinkError, "tls")
        assert "--ca" in found.text
        assert server.requests == []
        transport.close()


def test_no_tls_where_it_is_expected(serve, authority: Authority) -> None:
    transport = tls(serve(lambda conn, server: conn.sendall(OK)), authority.ca)
    found = error(transport)
    assert (found.code, "does it speak TLS there?" in found.text) == ("tls", True)
    transport.close()


def test_tls_is_bounded_in_time(serve, authority: Authority) -> None:
    context = authority.server("localhost")
    silent = serve(lambda conn, server: end(conn, server, "hang"))
    slow = serve(trickles(b"HTTP/1.1 200 OK\r\nX: ", b"x"), tls=context)
    unread = serve(lambda conn, server: end(conn, server, "hang"), tls=context)
    late = " did not answer in time"
    for server, body, told in (
        (silent, b"", " did not answer the TLS handshake in time"),
        (slow, b"", late),
        (unread, bytes(50_000_000), late),
    ):
        transport = tls(server, authority.ca, total_ms=500)
        began = time.monotonic()
        with pytest.raises(LinkError, match=told) as caught:
            exchange(transport, PATH, body, 100)
        assert caught.value.code == "timeout"
        assert time.monotonic() - began < 5
        transport.close()


def test_tls_connections_are_replaced_too(serve, authority: Authority) -> None:
    drops = _drops_the_second(lambda conn: None)
    server = serve(drops, says(OK), tls=authority.server("localhost"))
    transport = tls(server, authority.ca)
    for body in (b"1", b"2"):
        assert exchange(transport, PATH, body, 100) == ANSWER
    assert server.requests == [b"1", b"2", b"2"]
    transport.close()


def test_a_long_page_in_place_of_an_error_is_not_read(serve, connect) -> None:
    head = b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 1000000\r\n\r\n"
    server = serve(says(head + b"x" * 10_000, then="hang"), says(OK))
    transport = connect(server)
    assert exchange(transport, PATH, b"1", 100) == (502, "text/html", b"x" * 1024)
    assert exchange(transport, PATH, b"2", 100) == ANSWER


def test_an_answer_over_tls_that_is_cut(serve, authority: Authority) -> None:
    context = authority.server("localhost")
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"
    transport = tls(serve(says(raw), tls=context), authority.ca)
    assert error(transport).code == "cut"
    transport.close()
