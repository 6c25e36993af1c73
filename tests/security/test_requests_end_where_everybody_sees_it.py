"""A request that a proxy may end elsewhere is refused, and the bytes after it are not read."""

from __future__ import annotations

import socket

import pytest

from tests.unit.cloud.wire import Answer

NEXT = b"GET /next HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def send(wire, head, body):
    start = b"POST /api/v1/apps/worker/ HTTP/1.1\r\nHost: localhost\r\n"
    return wire.send(start + b"Content-Type: application/json\r\n" + head + b"\r\n" + body + NEXT)


AMBIGUOUS = {
    "both, the length first": (b"Content-Length: 5\r\n" + CHUNKED, b"0\r\n\r\n"),
    "both, the coding first": (CHUNKED + b"Content-Length: 5\r\n", b"0\r\n\r\n"),
    "both, no body by the length": (b"Content-Length: 0\r\n" + CHUNKED, b"5\r\nhello\r\n0\r\n\r\n"),
    "both, in other cases": (b"content-LENGTH: 5\r\nTRANSFER-encoding: Chunked\r\n", b"0\r\n\r\n"),
    "two lengths": (b"Content-Length: 2\r\nContent-Length: 40\r\n", b"{}"),
    "two lengths in one line": (b"Content-Length: 2, 40\r\n", b"{}"),
    "a sign": (b"Content-Length: +2\r\n", b"{}"),
    "less than nothing": (b"Content-Length: -2\r\n", b"{}"),
    "a hexadecimal length": (b"Content-Length: 0x2\r\n", b"{}"),
    "digits of another script": ("Content-Length: \u0662\r\n".encode(), b"{}"),
    "an underscore": (b"Content-Length: 0_2\r\n", b"{}"),
    "no length": (b"Content-Length: \r\n", b"{}"),
    "a length beyond all numbers": (b"Content-Length: 99999999999999999999999\r\n", b"{}"),
    "a space before the colon": (b"Content-Length : 2\r\n", b"{}"),
    "another coding": (b"Transfer-Encoding: gzip\r\n", b"{}"),
    "chunked and more": (b"Transfer-Encoding: chunked, gzip\r\n", b"0\r\n\r\n"),
    "chunked twice": (CHUNKED + CHUNKED, b"0\r\n\r\n"),
    "a coding that is none": (b"Transfer-Encoding: identity\r\nContent-Length: 2\r\n", b"{}"),
}


@pytest.mark.parametrize(("head", "body"), AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_refused_and_closed(wire, head, body):
    answer = send(wire, head, body)  # reads until the connection is closed
    assert answer.status in (400, 413, 501)
    assert answer.raw.count(b"HTTP/1.1") == 1
    assert b"/next" not in answer.raw


@pytest.mark.parametrize("coding", [b"", b"Content-Length: 2\r\n"])
def test_a_coding_in_http_1_0(wire, coding):
    head = b"POST /api/v1/apps/worker/ HTTP/1.0\r\n" + coding + CHUNKED + b"\r\n"
    answer = wire.send(head + b"0\r\n\r\n" + NEXT)
    assert answer.status == 400
    assert answer.raw.count(b"HTTP/1.1") == 1


def test_equal_lengths_are_one(wire):
    # RFC 9110, 8.6 lets a server take them as one, and all parties see the same end.
    with socket.create_connection(wire.address, timeout=20) as connection:
        head = b"POST /api/v1/apps/worker/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        head += b"Content-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n"
        connection.sendall(head + b"{}")
        raw = b""
        while chunk := connection.recv(65536):
            raw += chunk
    assert Answer(raw).status == 400
    assert "token" in Answer(raw).json()
