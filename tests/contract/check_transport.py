"""The contract of transports."""

from __future__ import annotations

from typing import Callable

import pytest

from domain.errors import CloudError
from ports.transport import Transport
from tests.fakes.source import exchange, pieces

Answer = tuple[int, str, bytes]
# make(*answers) returns a transport, in use, and the list of bodies that its backend received; the
# backend sends these answers, in order: (status, content type with its parameters, body).
Make = Callable[..., tuple[Transport, list[bytes]]]

PATH = "/api/v1/apps/management/"
JSON = "application/json"


def check_transport(make: Make) -> None:
    """Run the contract on transports made by `make`, see `Make`."""
    for check in CHECKS:
        check(make)


def carries_requests_and_answers(make: Make) -> None:
    bodies = [b"{}", '{"msg": "\u00e9"}'.encode(), b"", b"x" * 70_000]
    transport, sent = make(*[(200, JSON, body) for body in bodies])
    for body in bodies:
        assert exchange(transport, PATH, body, 100_000) == (200, JSON, body)
    assert sent == bodies
    transport.close()


def gives_the_bare_content_type(make: Make) -> None:
    transport, _ = make((200, "text/html", b"1"), (200, "", b""))
    assert exchange(transport, PATH, b"{}", 10) == (200, "text/html", b"1")
    assert exchange(transport, PATH, b"{}", 10) == (200, "", b"")
    transport.close()


def gives_a_body_in_pieces_of_any_size(make: Make) -> None:
    transport, _ = make(*[(200, JSON, bytes(range(256)) * 40)] * 3, (404, "", b""))
    for size in (64, 100, 4096):
        assert transport.post(PATH, b"{}", 30_000) == (200, JSON)
        found = list(pieces(transport, size))
        assert b"".join(found) == bytes(range(256)) * 40
        assert max(map(len, found)) <= size
        assert transport.readinto(memoryview(bytearray(64))) == 0  # still at the end
    assert transport.post(PATH, b"{}", 30_000) == (404, "")
    assert transport.readinto(memoryview(bytearray(64))) == 0
    transport.close()


def takes_no_more_than_the_limit(make: Make) -> None:
    transport, _ = make((200, JSON, b"x" * 101), (200, JSON, b"x" * 100))
    with pytest.raises(CloudError) as caught:
        exchange(transport, PATH, b"{}", 100)
    assert caught.value.code == "too_long"
    assert exchange(transport, PATH, b"{}", 100) == (200, JSON, b"x" * 100)
    transport.close()
    transport, _ = make((200, JSON, b"x" * 50_000), (200, JSON, b""))
    found: list[bytes] = []
    with pytest.raises(CloudError) as caught:
        transport.post(PATH, b"{}", 40_000)
        found.extend(pieces(transport))
    assert caught.value.code == "too_long"
    assert sum(map(len, found)) <= 40_000
    assert exchange(transport, PATH, b"{}", 0) == (200, JSON, b"")
    transport.close()


def takes_the_beginning_of_an_error(make: Make) -> None:
    transport, _ = make((500, JSON, b"x" * 100_000), (200, JSON, b"1"))
    status, kind, body = exchange(transport, PATH, b"{}", 100)
    assert (status, kind) == (500, JSON)
    assert 256 <= len(body) <= 8192
    assert exchange(transport, PATH, b"{}", 100) == (200, JSON, b"1")
    transport.close()


def forgets_an_answer_that_is_not_read_to_its_end(make: Make) -> None:
    long = b"x" * 50_000
    transport, _ = make(*[(200, JSON, long)] * 3, (200, JSON, b"two"))
    for read in (0, 1, 10):
        assert transport.post(PATH, b"{}", 50_000) == (200, JSON)
        for _ in range(read):
            assert transport.readinto(memoryview(bytearray(64)))
    assert exchange(transport, PATH, b"{}", 100) == (200, JSON, b"two")
    transport.close()


def closes_and_goes_on(make: Make) -> None:
    transport, _ = make((200, JSON, b"1"), (200, JSON, b"2"))
    transport.close()
    assert exchange(transport, PATH, b"{}", 10)[2] == b"1"
    transport.close()
    transport.close()
    assert exchange(transport, PATH, b"{}", 10)[2] == b"2"
    transport.close()


CHECKS = (
    carries_requests_and_answers,
    gives_the_bare_content_type,
    gives_a_body_in_pieces_of_any_size,
    takes_no_more_than_the_limit,
    takes_the_beginning_of_an_error,
    forgets_an_answer_that_is_not_read_to_its_end,
    closes_and_goes_on,
)
