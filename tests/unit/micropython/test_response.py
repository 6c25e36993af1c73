"""The HTTP parser: whole, byte by byte, and cut anywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http.response import Response
from domain.errors import CloudError, ThingError

Outcome = tuple[int, str, bytes, bool, str]

OK = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n"
    b"Content-Length: 2\r\n\r\n{}"
)
CHUNKS = b"4\r\nin p\r\n5;name=value\r\nieces\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def outcome(pieces: list[bytes]) -> Outcome:
    """Return (status, kind, body, keep, code of the error) of an answer in these pieces."""
    response, body, code = Response(), b"", ""
    try:
        for piece in pieces:
            body += response.feed(piece)
        if not response.done:
            response.end()
    except ThingError as error:
        assert error.text
        code = error.code
    return response.status, response.kind, body, response.keep and not code, code


def bytewise(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


def lines(*head: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join([b"HTTP/1.1 200 OK", *head, b"", body])


GOOD: list[tuple[bytes, Outcome]] = [
    (OK, (200, "application/json", b"{}", True, "")),
    (b"HTTP/1.0 200 OK\r\n\r\nto the end", (200, "", b"to the end", False, "")),
    (b"HTTP/1.1 200 OK\r\n\r\n", (200, "", b"", False, "")),
    (b"HTTP/1.0 200\r\ncontent-LENGTH:1\r\n\r\nx", (200, "", b"x", False, "")),
    (
        b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx",
        (200, "", b"x", False, ""),
    ),
    (lines(b"Connection: close", b"Content-Length: 1", body=b"x"), (200, "", b"x", False, "")),
    (lines(b"Content-Type: \xe9\xff", b"Content-Length: 0"), (200, "\xe9\xff", b"", True, "")),
    (lines(b"Content-Length: 1", b"Content-Length: 1", body=b"x"), (200, "", b"x", True, "")),
    (b"HTTP/1.1 204 No Content\r\n\r\n", (204, "", b"", True, "")),
    (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", (404, "", b"", True, "")),
    (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\n" + OK,
        (200, "application/json", b"{}", True, ""),
    ),
    (CHUNKED + CHUNKS + b"0\r\n\r\n", (200, "", b"in pieces", True, "")),
    (CHUNKED + CHUNKS + b"00;x\r\nX-Sum: 1\r\n\r\n", (200, "", b"in pieces", True, "")),
    (CHUNKED + b"0\r\n\r\n", (200, "", b"", True, "")),
    (CHUNKED + b"1 ; a\r\nx\r\n0 \r\n\n", (200, "", b"x", True, "")),
    (
        lines(b"Content-Length: 9", b"Transfer-Encoding: chunked", body=b"1\r\nx\r\n0\r\n\r\n"),
        (200, "", b"x", False, ""),  # two lengths
    ),
    (
        b"HTTP/1.1 204 -\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
        (204, "", b"", True, ""),
    ),
    (b"HTTP/1.1 304 -\r\nContent-Length: 3\r\n\r\n", (304, "", b"", True, "")),
    (
        b"HTTP/1.1 200 OK\nContent-Type: a/b\nContent-Length: 1\n\nx",
        (200, "a/b", b"x", True, ""),
    ),
    (lines(b" Content-Length: 5", b"Content-Length: 1", body=b"x"), (200, "", b"x", True, "")),
    (lines(b"Content-Length: 1, 1", body=b"x"), (200, "", b"x", True, "")),
    (lines(b"Connection: a, CLOSE", b"Content-Length: 0"), (200, "", b"", False, "")),
    (
        lines(b"Connection: close", b"Connection: keep-alive", b"Content-Length: 0"),
        (200, "", b"", False, ""),
    ),
    (lines(b"X: " + b"x" * 4000, b"Content-Length: 1", body=b"x"), (200, "", b"x", True, "")),
    (b"HTTP/1.1 200 " + b"x" * 2048 + b"\r\n\r\n", (200, "", b"", False, "")),
]

CUT = [
    b"",
    b"H",
    b"HTTP/1.1 2",
    b"HTTP/1.1 200 OK\r\nContent-Len",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    lines(b"Content-Length: 10"),
    lines(b"Content-Length: 10", body=b"short"),
    CHUNKED,
    lines(b"Content-Length: 99999999999999999999", body=b"x"),
    CHUNKED + b"5\r\nabc",
    CHUNKED + b"5\r\nabcde\r\n",
    CHUNKED + b"5\r\nabcdefg",
    CHUNKED + b"5\r\nabcde\r\n0\r\n",
    CHUNKED + b"5\r\nabcde\r\n0\r\nX: y\r\n",
]

NOT_HTTP = [
    b"SSH-2.0-OpenSSH_9.2\r\n",
    b"\x15\x03\x01\x00\x02\x02\x46",
    b"<html>",
    b"HTTP/9.9.9 200 OK\r\n\r\n",
    b"HTTP/1.1 abc OK\r\n\r\n",
    b"HTTP/1.1 2\r\n\r\n",
    b"HTTP/1.1 099 OK\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    b"HTTP/1.1\t200 OK\r\n\r\n",
    b"HTTP/1.1 2000\r\n\r\n",
    lines(b"X: " + b"x" * 70_000),
    lines(*[b"X: y"] * 4000),
    lines(b"Content-Length : 1", body=b"x"),
    lines(b"Transfer-Encoding : chunked"),
    lines(b"Transfer-Encoding: identity"),
    lines(b"Transfer-Encoding: gzip, chunked"),
    lines(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
    lines(b"Content-Length:", b" 1", body=b"x"),
    lines(b"Content-Length: 1_0"),
    lines(b"Content-Length: +1"),
    lines(b"Content-Length: 1\0", body=b"x"),
    lines(b"Content-Length: 1\r", body=b"x"),
    lines(b"no colon"),
    lines(b": no name"),
    lines(b"Content-Length: 1", b"Content-Length: 2", body=b"x"),
    lines(b"Content-Length: 1, 2", body=b"x"),
    lines(b"Content-Length: -1"),
    CHUNKED + b"nonsense\r\nabcde\r\n",
    CHUNKED + b"-5\r\nabcde\r\n",
    CHUNKED + b"0x5\r\nabcde\r\n",
    CHUNKED + b"1_0\r\n0123456789abcdef\r\n",
    CHUNKED + b" 5\r\nabcde\r\n",
    CHUNKED + b"5\nabcde\r\n",
    CHUNKED + b"5\r\nabcde\n",
    CHUNKED + b"\r\n",
    CHUNKED + b"fffffffff\r\n",
    CHUNKED + b"5;" + b"x" * 300,
    CHUNKED + b"0\r\n" + b"x" * 17_000,
]


@pytest.mark.parametrize(("data", "wanted"), GOOD)
def test_answers(data: bytes, wanted: Outcome) -> None:
    assert outcome([data]) == wanted
    assert outcome(bytewise(data)) == wanted


@pytest.mark.parametrize("data", CUT)
def test_incomplete_answers(data: bytes) -> None:
    assert outcome([data])[4] == "cut"
    assert outcome(bytewise(data))[4] == "cut"


@pytest.mark.parametrize("data", NOT_HTTP)
def test_what_is_no_http(data: bytes) -> None:
    assert outcome([data])[4] == "not_http"
    assert outcome(bytewise(data))[4] == "not_http"


def test_what_is_no_http_is_said_with_the_next_step() -> None:
    with pytest.raises(CloudError, match="speaks no HTTP or too long a head - check it"):
        Response().feed(b"SSH-2.0-x\r\n")


@pytest.mark.parametrize("size", [1, 200, 100_000])
def test_a_head_that_is_too_long_is_told_as_such(size: int) -> None:
    """Such as of a proxy with a policy and cookies; its address is right."""
    data = b"HTTP/1.1 200 OK\r\n" + lines_of(b"Set-Cookie: " + b"x" * 200, 90)
    response = Response()
    with pytest.raises(CloudError, match="too long a head"):
        for at in range(0, len(data), size):
            response.feed(data[at : at + size])


def lines_of(line: bytes, count: int) -> bytes:
    """Return a line so many times."""
    return (line + b"\r\n") * count


def test_every_split_in_two() -> None:
    for data, wanted in GOOD:
        for at in range(len(data) + 1):
            assert outcome([data[:at], data[at:]]) == wanted


def test_more_than_announced_ends_the_connection() -> None:
    response = Response()
    assert response.feed(OK + b"more") == b"{}"
    assert response.done
    assert not response.keep
    response = Response()
    response.feed(OK)
    assert response.feed(b"late") == b""
    assert not response.keep


HEADS = st.lists(
    st.sampled_from(
        [b"Content-Length: 5", b"Transfer-Encoding: chunked", b"Connection: close", b"A: b", b":"]
    ),
    max_size=4,
)
DATA = st.one_of(
    st.binary(max_size=200),
    st.builds(lambda head, body: lines(*head, body=body), HEADS, st.binary(max_size=40)),
    st.builds(
        lambda chunks: (
            CHUNKED + b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in chunks) + b"0\r\n\r\n"
        ),
        st.lists(st.binary(min_size=1, max_size=30), max_size=5),
    ),
)


@given(DATA, st.lists(st.integers(0, 400), max_size=8))
def test_any_bytes_in_any_pieces(data: bytes, cuts: list[int]) -> None:
    """Any cut into pieces gives the same outcome, and only our own errors are raised."""
    at = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[a:b] for a, b in zip(at, at[1:])]
    whole = outcome([data])
    for other in (outcome(pieces), outcome(bytewise(data))):
        assert other[4] == whole[4]
        if not whole[4]:
            assert other[:3] == whole[:3]
        else:  # the body before the error was good
            assert whole[2].startswith(other[2]) or other[2].startswith(whole[2])


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=8))
def test_chunks_give_their_content(chunks: list[bytes]) -> None:
    data = CHUNKED + b"".join(b"%X;a=b\r\n%s\r\n" % (len(c), c) for c in chunks) + b"0\r\n\r\n"
    assert outcome(bytewise(data))[2] == outcome([data])[2] == b"".join(chunks)


@pytest.mark.parametrize(
    ("status", "head", "retry"),
    [
        (429, b"Retry-After: 30", "30"),
        (503, b"retry-after:0", "0"),
        (503, b"Retry-After: Fri, 31 Dec 1999 23:59:59 GMT", ""),
        (503, b"Retry-After: -5", ""),
        (503, b"Retry-After: 1_0", ""),
        (503, b"Retry-After: \xb2", ""),
        (503, b"Retry-After: 1.5", ""),
        (429, b"X: y", ""),
        (200, b"Retry-After: 30", ""),
        (413, b"Retry-After: 30", ""),
    ],
)
def test_how_long_it_asks_to_wait(status, head, retry):
    for cut in (bytewise, lambda data: [data]):
        response = Response()
        data = b"HTTP/1.1 %d X\r\n%s\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n"
        for piece in cut(data % (status, head)):
            response.feed(piece)
        assert response.done
        assert (response.retry, response.kind) == (retry, "text/html")
