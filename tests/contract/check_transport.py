"""What a transport promises."""

from __future__ import annotations

from typing import Callable

import pytest

from domain.errors import CloudError
from ports.transport import Transport

Answer = tuple[int, str, bytes]
# make(*answers) gives a transport, in use, whose backend gives these answers one after another:
# (status, content type with its parameters, body); and the bodies that it was sent.
Make = Callable[..., tuple[Transport, list[bytes]]]

PATH = "/api/v1/apps/management/"
JSON = "application/json"


def check_transport(make: Make) -> None:
    """See Make."""
    for check in CHECKS:
        check(make)


def carries_requests_and_answers(make: Make) -> None:
    bodies = [b"{}", '{"msg": "\u00e9"}'.encode(), b"", b"x" * 70_000]
    transport, sent = make(*[(200, JSON, body) for body in bodies])
    for body in bodies:
        assert transport.post(PATH, body, 100_000) == (200, JSON, body)
    assert sent == bodies
    transport.close()


def gives_the_bare_content_type(make: Make) -> None:
    transport, _ = make((200, "text/html", b"1"), (200, "", b""))
    assert transport.post(PATH, b"{}", 10) == (200, "text/html", b"1")
    assert transport.post(PATH, b"{}", 10) == (200, "", b"")
    transport.close()


def passes_on_a_good_body_only(make: Make) -> None:
    transport, _ = make((200, JSON, b"abc" * 10_000), (401, JSON, b'"no"'), (404, "", b""))
    pieces: list[bytes] = []
    assert transport.post(PATH, b"{}", 30_000, pieces.append) == (200, JSON, b"")
    assert b"".join(pieces) == b"abc" * 10_000
    assert len(pieces) > 1
    pieces.clear()
    assert transport.post(PATH, b"{}", 30_000, pieces.append) == (401, JSON, b'"no"')
    assert transport.post(PATH, b"{}", 30_000, pieces.append) == (404, "", b"")
    assert pieces == []
    transport.close()


def takes_no_more_than_the_limit(make: Make) -> None:
    transport, _ = make((200, JSON, b"x" * 101), (200, JSON, b"x" * 100))
    with pytest.raises(CloudError) as caught:
        transport.post(PATH, b"{}", 100)
    assert caught.value.code == "too_long"
    assert transport.post(PATH, b"{}", 100) == (200, JSON, b"x" * 100)
    transport.close()
    transport, _ = make((200, JSON, b"x" * 50_000), (200, JSON, b""))
    pieces: list[bytes] = []
    with pytest.raises(CloudError) as caught:
        transport.post(PATH, b"{}", 40_000, pieces.append)
    assert caught.value.code == "too_long"
    assert sum(map(len, pieces)) <= 40_000
    assert transport.post(PATH, b"{}", 0) == (200, JSON, b"")
    transport.close()


def takes_the_beginning_of_an_error(make: Make) -> None:
    transport, _ = make((500, JSON, b"x" * 100_000), (200, JSON, b"1"))
    status, kind, body = transport.post(PATH, b"{}", 100)
    assert (status, kind) == (500, JSON)
    assert 256 <= len(body) <= 8192
    assert transport.post(PATH, b"{}", 100) == (200, JSON, b"1")
    transport.close()


def lets_an_error_of_the_writer_go_on(make: Make) -> None:
    transport, _ = make((200, JSON, b"one"), (200, JSON, b"two"))
    trouble = OSError(28, "mine")

    def write(piece: bytes) -> None:
        raise trouble

    with pytest.raises(OSError, match="mine") as caught:
        transport.post(PATH, b"{}", 100, write)
    assert caught.value is trouble
    assert transport.post(PATH, b"{}", 100) == (200, JSON, b"two")
    transport.close()


def closes_and_goes_on(make: Make) -> None:
    transport, _ = make((200, JSON, b"1"), (200, JSON, b"2"))
    transport.close()
    assert transport.post(PATH, b"{}", 10)[2] == b"1"
    transport.close()
    transport.close()
    assert transport.post(PATH, b"{}", 10)[2] == b"2"
    transport.close()


CHECKS = (
    carries_requests_and_answers,
    gives_the_bare_content_type,
    passes_on_a_good_body_only,
    takes_no_more_than_the_limit,
    takes_the_beginning_of_an_error,
    lets_an_error_of_the_writer_go_on,
    closes_and_goes_on,
)
