"""Linux's transport keeps the port's contract, with correct and with broken servers."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

import pytest

from app.boards import linux
from domain.errors import CloudError, LinkError, ThingError
from ports.transport import Transport
from tests.contract import check_transport
from tests.contract.check_transport import JSON, PATH
from tests.contract.servers import (
    Server,
    http,
    says,
    trickles,
)
from tests.fakes.source import exchange, pieces, whole

OK = http(200, JSON, b"{}")
ANSWER = (200, JSON, b"{}")


def error(transport: Transport, limit: int = 1000) -> ThingError:
    """Return the error that a post raises."""
    with pytest.raises(ThingError) as caught:
        exchange(transport, PATH, b"{}", limit)
    assert len(caught.value.text) > 10
    return caught.value


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("check", check_transport.CHECKS, ids=lambda check: check.__name__)
def test_contract(check, keep: bool, serve, connect) -> None:
    """The contract holds with a server that keeps the connection, and with one that closes it."""

    def make(*answers: check_transport.Answer):
        left = list(answers)

        def handler(conn: socket.socket, server: Server) -> None:
            while left and server.request(conn):
                status, kind, body = left.pop(0)
                kind = kind.upper() + " ; charset=UTF-8" if kind else ""
                conn.sendall(http(status, kind, body, *([] if keep else ["Connection: close"])))
                if not keep:
                    return

        server = serve(handler)
        return connect(server), server.requests

    check(make)


# requests


def test_a_management_request_is_small(serve, connect) -> None:
    server = serve(says(OK, OK))
    transport = connect(server)
    body = b'{"token":"8ede9696-f124-47f2-bfe5-e9a2465e7e3c"}'
    for _ in range(2):
        exchange(transport, PATH, body, 100)
    assert server.heads[1] == server.heads[0]
    assert sorted(server.heads[0].decode().split("\r\n")) == [
        "Content-Length: 48",
        "Content-Type: application/json",
        f"Host: {server.backend}",
        f"POST {PATH} HTTP/1.1",
    ]
    assert len(server.heads[0]) + 4 + len(body) <= 170
    assert server.connections == 1


def test_no_cookies_no_proxy_no_netrc(serve, connect, monkeypatch, tmp_path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    server = serve(says(http(200, JSON, b"{}", "Set-Cookie: a=b; Path=/"), OK))
    transport = connect(server)
    for _ in range(2):
        assert exchange(transport, PATH, b"{}", 100) == ANSWER
    assert b"Cookie" not in server.heads[1]
    assert b"Authorization" not in server.heads[1]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_given_back(status: int, serve, connect) -> None:
    elsewhere = serve(says(OK))
    location = f"Location: http://{elsewhere.backend}/"
    server = serve(says(http(status, "text/html", b"moved", location)))
    assert exchange(connect(server), PATH, b"{}", 100) == (status, "text/html", b"moved")
    assert elsewhere.connections == 0


def test_a_redirect_is_bounded_too(serve, connect) -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n"
    status, _, body = exchange(connect(serve(trickles(head, b"x" * 1000, 0))), PATH, b"", 10_000)
    assert (status, len(body)) == (302, 1024)


def test_must_be_told_whom_to_speak_to() -> None:
    with pytest.raises(RuntimeError):
        exchange(linux.by_sockets(), PATH, b"", 1)


def test_another_backend_is_another_connection(serve, connect) -> None:
    one, two = serve(says(OK, OK, then="hang")), serve(says(OK))
    transport = connect(one)
    exchange(transport, PATH, b"1", 100)
    transport.use(one.backend, False)
    exchange(transport, PATH, b"2", 100)
    assert one.connections == 1
    transport.use(two.backend, False)
    exchange(transport, PATH, b"3", 100)
    assert two.requests == [b"3"]


# answers


def test_other_shapes_of_an_answer(serve, connect) -> None:
    for raw, answer in (
        (b"HTTP/1.0 200 OK\r\n\r\nto the end", (200, "", b"to the end")),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"4\r\nin p\r\n5\r\nieces\r\n0\r\n\r\n",
            (200, "", b"in pieces"),
        ),
        (b"HTTP/1.1 204 No Content\r\n\r\n", (204, "", b"")),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, ANSWER),
        (
            http(200, JSON, b"\x1f\x8b\x08 raw", "Content-Encoding: gzip"),
            (200, JSON, b"\x1f\x8b\x08 raw"),
        ),
        (
            http(502, "text/html", b"<html>Bad Gateway</html>"),
            (502, "text/html", b"<html>Bad Gateway</html>"),
        ),
    ):
        assert exchange(connect(serve(says(raw))), PATH, b"{}", 100) == answer


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Len",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n",
        b"HTTP/1.1 2",
        b"",
    ],
)
@pytest.mark.parametrize("then", ["close", "reset"])
def test_cut_answers(raw: bytes, then: str, serve, connect) -> None:
    found = error(connect(serve(says(raw, then=then))))
    assert (type(found), found.code) == (LinkError, "cut")


def test_a_cut_answer_gives_its_beginning(serve, connect) -> None:
    server = serve(says(b"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n" + b"x" * 40000))
    transport = connect(server)
    assert transport.post(PATH, b"{}", 60_000)[0] == 200
    found: list[bytes] = []
    with pytest.raises(LinkError) as caught:
        found.extend(pieces(transport))
    assert caught.value.code == "cut"
    assert set(b"".join(found)) <= {ord("x")}


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"HTTP/9.9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 " + b"x" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 3000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\nabcde\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nx",
    ],
)
def test_what_is_no_http(raw: bytes, serve, connect) -> None:
    found = error(connect(serve(says(raw))))
    assert (type(found), found.code) == (CloudError, "not_http")


def test_any_garbage_is_an_answer_or_an_error_of_ours(serve, connect) -> None:
    chance = random.Random(1)
    parts = [
        *(b"HTTP/1.1 ", b"HTTP/1.0 ", b"200 ", b"204", b"302 Found", b"OK", b"\r\n", b"\r\n\r\n"),
        *(b"\n", b"Content-Length: ", b"Transfer-Encoding: chunked", b"Set-Cookie: a=b; expires=x"),
        *(b"Content-Type: ", b"Location: http://[", b"\xb2", b"-1", b"5", b"\0", b"abc", b": "),
        *(
            b"Content-Encoding: gzip",
            b"Connection: close",
            b" ",
            b"\xff\xfe",
            b"99999999999999999999",
        ),
    ]
    for _ in range(200):
        raw = b"HTTP/1.1 200 OK\r\n" if chance.random() < 0.7 else b""
        raw += b"".join(chance.choices(parts, k=chance.randint(0, 12)))
        with suppress(ThingError):
            status, kind, body = exchange(connect(serve(says(raw))), PATH, b"{}", 100)
            assert 100 <= status <= 999
            assert len(body) <= 100


def test_announced_too_long_is_not_begun(serve, connect) -> None:
    server = serve(says(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nx", then="hang"))
    transport = connect(server)
    with pytest.raises(CloudError) as caught:
        transport.post(PATH, b"{}", 1000)
    assert caught.value.code == "too_long"
    assert whole(transport) == b""


def test_too_long_without_announcement(serve, connect) -> None:
    server = serve(trickles(b"HTTP/1.0 200 OK\r\n\r\n", b"x" * 1000, 0))
    assert error(connect(server), 100_000).code == "too_long"
