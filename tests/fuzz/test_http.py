"""HTTP answers: parsed as h11 does, however they are cut, in bounded memory and time."""

from __future__ import annotations

from typing import Any

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http.response import Response
from adapters.http.transport import StreamTransport
from adapters.linux.again import AgainTransport, Noted
from domain.errors import ThingError
from ports.transport import Transport
from tests.fakes.clock import FakeClock
from tests.fakes.source import exchange
from tests.fuzz.counting import Counted, bytewise, cut, peak

Outcome = tuple[int, str, bytes]


def ours(pieces: list[bytes]) -> Outcome | str:
    """Return (status, content type, body), or the code of the error."""
    response, body = Response(), b""
    try:
        for piece in pieces:
            body += response.feed(piece)
        if not response.done:
            response.end()
    except ThingError as error:
        return error.code
    return response.status, response.kind, body


def referee(data: bytes) -> Outcome | str:
    """Return the same from h11, with one word for all errors."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
    head = [("Host", "a"), ("Content-Length", "0")]
    connection.send(h11.Request(method="POST", target="/", headers=head))
    connection.send(h11.EndOfMessage())
    status, kind, body = 0, "", b""
    try:
        connection.receive_data(data)
        connection.receive_data(b"")
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Response):
                status = event.status_code
                kinds = [value for name, value in event.headers if name == b"content-type"]
                kind = (kinds or [b""])[-1].decode("latin-1").lower().split(";")[0].strip(" \t")
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                return status, kind, body
    except h11.RemoteProtocolError:
        return "refused"


STATUS = st.sampled_from(
    [b"HTTP/1.1 200 OK"] * 6
    + [b"HTTP/1.0 200 OK", b"HTTP/1.1 200", b"HTTP/1.1 200 ", b"HTTP/1.1 204 No Content"]
    + [b"HTTP/1.1 304 -", b"HTTP/1.1 404 \xe9", b"HTTP/1.1 503 " + b"x" * 300, b"HTTP/1.7 299 -"]
    + [b"HTTP/1.1 20 OK", b"HTTP/1.1 2000 OK", b"HTTP/1.1 20a OK", b"HTTP/1. 200 OK"]
    + [b"HTTP/1.1  200 OK", b"HTTP/1.1 099 OK", b"http/1.1 200 OK", b"HTTP/1.1 101 Yes", b""]
    + [b"HTTP/1.1 200\tOK", b"HTTP/1.1 200 O\rK", b"HTTP/1.1 200 O\0K", b"HTTP/1.1 +20 OK"]
)
FIELDS = st.lists(
    st.sampled_from(
        [b"Content-Length: 5", b"content-length:5", b"Content-Length: \t5\t "]
        + [b"Content-Length: 5, 5", b"Content-Length: 0", b"Content-Length: 5,6"]
        + [b"Content-Length: 6", b"Content-Length: +5", b"Content-Length: 5_0"]
        + [
            b"Content-Length: -1",
            b"Content-Length:",
            b"Content-Length: \xb2",
            b"Content-Length: 5,",
        ]
        + [b"Content-Length : 5", b"Content-Length: 5\0", b"Content-Length: 5\r", b"Content-Length"]
        + [b"Transfer-Encoding: chunked"] * 3
        + [b"transfer-ENCODING:Chunked", b"Transfer-Encoding: identity"]
        + [b"Transfer-Encoding : chunked", b"Transfer-Encoding: gzip, chunked"]
        + [b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: xchunked"]
        + [b"Content-Type: Text/HTML ; charset=x", b"Content-Type:application/json"]
        + [b"X-Long: " + b"x" * 2000, b"X: y", b"X:", b": y", b"X y", b"X: a\0b", b"X: a\rb"]
        + [b"X: y\r\n more", b"Connection: close", b"Content-Encoding: gzip"]
    ),
    max_size=3,
)
SIZES = st.sampled_from(
    [b"%x"] * 8
    + [b"%X", b"0%x", b"%x;a=b", b"%x ", b"%x\t", b"%x;" + b"x" * 200]
    + [b" %x", b"+%x", b"0x%x", b"%x_", b"%xg", b"-%x"]
)
ENDS = st.sampled_from([b"\r\n"] * 8 + [b"\n", b"\r", b"", b"x\r\n", b"\r\r\n"])
CHUNKS = st.lists(st.tuples(SIZES, st.binary(min_size=1, max_size=20), ENDS, ENDS), max_size=4).map(
    lambda chunks: b"".join(
        size % len(data) + behind + data + end for size, data, behind, end in chunks
    )
)
LAST = st.sampled_from(
    [b"0\r\n\r\n"] * 6 + [b"00\r\n\r\n", b"0\r\nX: y\r\n\r\n", b"0\r\n", b"", b"\r\n", b"0;x\r\n\n"]
)
BODIES = st.one_of(
    st.binary(max_size=20), st.just(b"12345"), st.builds(lambda a, b: a + b, CHUNKS, LAST)
)
LINE_END = st.sampled_from([b"\r\n", b"\n"])
INTERIM = st.sampled_from(
    [b""] * 6
    + [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 -\r\nContent-Length: 7\r\nLink: x\r\n\r\n"]
    + [b"HTTP/1.1 102 -\n\n", b"HTTP/1.1 103 -\r\nTransfer-Encoding: chunked\r\n\r\n"]
)


@st.composite
def answers(draw: Any) -> bytes:
    """Draw a whole answer, of parts that are right or nearly so."""
    end = draw(LINE_END)
    head = end.join([draw(STATUS), *draw(FIELDS), b"", b""])
    data: bytes = draw(INTERIM) + head + draw(BODIES)
    return data


PLACES = st.lists(st.integers(0, 600), max_size=8)


@given(answers(), PLACES)
def test_h11_makes_the_same_of_it(data: bytes, places: list[int]) -> None:
    whole = ours([data])
    assert ours(cut(data, places)) == ours(bytewise(data)) == whole
    found = referee(data)
    if isinstance(whole, str):
        assert found == "refused"
    else:
        assert (whole[0], whole[2]) == (found[0], found[2])
        assert b"\r\n more" in data or whole[1] == found[1]


@given(answers(), st.data())
def test_no_other_body_is_seen_in_what_is_damaged(data: bytes, draw: st.DataObject) -> None:
    """An answer accepted here and by h11 has one meaning; cuts do not change the result."""
    for _ in range(draw.draw(st.integers(1, 3))):
        at = draw.draw(st.integers(0, len(data)))
        piece = draw.draw(st.sampled_from([b"", *bytewise(b"\r\n :;,_0aF\t\0\x0b\xff")]))
        data = data[:at] + piece + data[at + draw.draw(st.integers(0, 1)) :]
    found, there = ours([data]), referee(data)
    assert ours(bytewise(data)) == found
    if not isinstance(found, str) and not isinstance(there, str):
        assert (found[0], found[2]) == (there[0], there[2])


class Lines:
    """A stream that returns the given pieces, and then ends."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces
        self.left: list[bytes] = []

    def connect(self, host: str, port: int, tls: bool, limit_ms: int) -> None:
        self.left = list(self.pieces)

    def read(self, size: int, limit_ms: int) -> bytes:
        piece = self.left.pop(0) if self.left else b""
        if piece[size:]:
            self.left.insert(0, piece[size:])
        return piece[:size]

    def write(self, data: bytes, limit_ms: int) -> None:
        pass

    def close(self) -> None:
        self.left = []


def on_a_board(pieces: list[bytes]) -> Transport:
    return StreamTransport(Lines(pieces), FakeClock())


def on_linux(pieces: list[bytes]) -> Transport:
    noted = Noted(Lines(pieces))
    return AgainTransport(StreamTransport(noted, FakeClock()), noted, FakeClock())


@pytest.mark.parametrize("made", [on_a_board, on_linux])
@given(answers(), PLACES)
def test_both_transports_give_what_h11_does(made, data: bytes, places: list[int]):
    transport = made([piece for piece in cut(data, places) if piece])
    transport.use("a", False)
    try:
        status, _, body = exchange(transport, "/", b"{}", 1000)
    except ThingError:
        assert referee(data) == "refused"
        return
    found = referee(data)
    assert (status, body) == (found[0], found[2])


@pytest.mark.parametrize(
    ("status", "size"), [(200, 900), (500, 1023), (500, 1024), (500, 1025), (500, 5000)]
)
@pytest.mark.parametrize("piece", [1, 7, 100_000])
def test_what_is_kept_of_a_body_is_the_same_however_it_comes(
    status: int, size: int, piece: int
) -> None:
    data = b"HTTP/1.1 %d -\r\n\r\n" % status + b"x" * size
    stream = Lines([data[at : at + piece] for at in range(0, len(data), piece)])
    transport = StreamTransport(stream, FakeClock())
    transport.use("a", False)
    body = exchange(transport, "/", b"{}", 1000)[2]
    assert body == b"x" * (size if status == 200 else min(size, 1024))


# bounds

ENDLESS = {
    "a line": (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "a status line": (b"HTTP/1.1 200 ", b"x"),
    "lines": (b"HTTP/1.1 200 OK\r\n", b"X: yyyyyyyyyy\r\n"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a trailer": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_an_endless_head_is_refused_early_and_held_in_part(what: str) -> None:
    begin, more = ENDLESS[what]
    fed = 0

    def work() -> None:
        nonlocal fed
        response, fed = Response(), 0
        response.feed(begin)
        with pytest.raises(ThingError):
            while True:
                response.feed(more)
                fed += len(more)

    # Memory of other threads of the worker counts, too, but not each time.
    held = min(peak(work) for _ in range(5))
    assert held < 8192  # most is the traceback; to hold all would take twice as much
    assert 16384 - len(begin) - 2 * len(more) < fed <= 16384


def test_the_longest_head() -> None:
    for room in (0, 1):
        line = b"X: " + b"x" * (16384 - 17 - 5 - 2 + room) + b"\r\n"
        data = b"HTTP/1.1 200 OK\r\n" + line + b"\r\n"
        wanted = "not_http" if room else (200, "", b"")
        assert ours([data]) == ours(bytewise(data)) == wanted


@pytest.mark.parametrize("name", [b"Content-Length", b"Transfer-Encoding", b"Connection"])
def test_a_field_that_matters_has_to_be_seen_whole(name: bytes) -> None:
    value = {b"Content-Length": b"2", b"Transfer-Encoding": b"chunked"}.get(name, b"close")
    for blanks, taken in ((200, True), (256, False), (4000, False)):
        head = b"HTTP/1.1 200 OK\r\n" + name + b": " + value + b" " * blanks + b"\r\n\r\n"
        body = b"2\r\nab\r\n0\r\n\r\n" if b"chunked" in head else b"ab"
        assert (ours([head + body]) == (200, "", b"ab")) == taken
        assert ours(bytewise(head + body)) == ours([head + body])


@pytest.mark.parametrize("size", [254, 255, 300])
def test_a_long_line_between_chunks(size: int) -> None:
    line = b"5;" + b"x" * (size - 4) + b"\r\n"
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + line + b"abcde\r\n0\r\n\r\n"
    wanted = (200, "", b"abcde") if size <= 256 else "not_http"
    assert ours([data]) == ours(bytewise(data)) == wanted


def test_a_length_takes_no_object_where_there_are_32_bits() -> None:
    """A small integer has 31 bits there, and one of them is the sign."""
    for length in (b"536870912", b"4294967296", b"9" * 200):
        response = Response()
        response.feed(b"HTTP/1.1 200 OK\r\nContent-Length: " + length + b"\r\n\r\nx")
        assert 0 <= response.length < 1 << 30
        assert not response.done
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert ours([head + b"20000000\r\nx"]) == "cut"
    assert ours([head + b"20000001\r\nx"]) == ours([head + b"f" * 200 + b"\r\n"]) == "not_http"


def test_the_bytes_that_are_copied_grow_with_the_answer_only() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    def copied(chunks: int) -> float:
        data = Counted(head + b"1\r\nx\r\n" * chunks + b"0\r\n\r\n")
        Counted.copied = 0
        assert len(Response().feed(data)) == chunks
        return Counted.copied / len(data)

    assert copied(200) < 2
    assert copied(20_000) < 2
