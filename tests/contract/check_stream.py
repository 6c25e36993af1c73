"""The contract of streams."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from domain.errors import LinkError
from ports.stream import Stream

# make(*incoming) returns (stream, host, port, written): the other side sends these bytes, piece by
# piece, and then closes; `written(size)` returns the bytes that it received, once there are `size`.
# With make("cut") it resets the connection at the first byte received; with make("timeout") it
# sends nothing and does not close.
Make = Callable[..., tuple[Stream, str, int, Callable[[int], bytes]]]

LIMIT = 5000  # ms; a test that takes as long fails


def check_stream(make: Make) -> None:
    """Run the contract on streams made by `make`, see `Make`."""
    for check in CHECKS:
        check(make)


def opened(make: Make, *incoming: Any) -> tuple[Stream, Callable[[int], bytes]]:
    """Return a connected stream, and the function that returns the bytes written."""
    stream, host, port, written = make(*incoming)
    stream.connect(host, port, False, LIMIT)
    return stream, written


def read_all(stream: Stream, size: int) -> bytes:
    """Return all bytes to the end, and check that two more reads return none."""
    data = b""
    while True:
        piece = stream.read(size, LIMIT)
        assert len(piece) <= size
        if not piece:
            assert stream.read(size, LIMIT) == b""
            assert stream.read(1, LIMIT) == b""
            return data
        data += piece


def reads_to_the_end(make: Make) -> None:
    for size in (1, 3, 65536):
        stream, _ = opened(make, b"one", b"two", b"three" * 50)
        assert read_all(stream, size) == b"onetwo" + b"three" * 50
        stream.close()


def writes_all(make: Make) -> None:
    data = bytes(range(256)) * 400
    stream, written = opened(make)
    stream.write(b"", LIMIT)
    stream.write(data, LIMIT)
    stream.write(b"end", LIMIT)
    assert written(len(data) + 3) == data + b"end"
    stream.close()


def tells_a_cut(make: Make) -> None:
    stream, _ = opened(make, "cut")
    stream.write(b"x", LIMIT)  # the other side resets only after it
    with pytest.raises(LinkError) as caught:
        read_all(stream, 100)
    assert caught.value.code == "cut"
    stream.close()


def tells_a_timeout(make: Make) -> None:
    stream, _ = opened(make, "timeout")
    with pytest.raises(LinkError) as caught:
        stream.read(100, 30)
    assert caught.value.code == "timeout"
    stream.close()


def connects_again(make: Make) -> None:
    stream, host, port, _ = make(b"hello")
    stream.connect(host, port, False, LIMIT)
    stream.connect(host, port, False, LIMIT)
    assert stream.read(5, LIMIT)
    stream.close()
    stream.connect(host, port, False, LIMIT)
    stream.close()


def has_nothing_to_say_when_closed(make: Make) -> None:
    stream, _ = opened(make, b"unread")
    stream.close()
    stream.close()
    for call in (lambda: stream.read(1, LIMIT), lambda: stream.write(b"x", LIMIT)):
        with pytest.raises(LinkError) as caught:
            call()
        assert caught.value.code == "cut"


CHECKS = (
    reads_to_the_end,
    writes_all,
    tells_a_cut,
    tells_a_timeout,
    connects_again,
    has_nothing_to_say_when_closed,
)
