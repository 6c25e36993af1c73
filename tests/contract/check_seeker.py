"""What a seeker promises."""

from __future__ import annotations

from typing import Callable

from ports.link import Link, Seeker

# make(there) gives a seeker, its link, which is down, and how to make the network come or go.
Make = Callable[[bool], "tuple[Seeker, Link, Callable[[bool], None]]"]

HOST = "127.0.0.1"


def check_seeker(make: Make) -> None:
    """See Make."""
    for check in CHECKS:
        check(make)


def finds_what_is_there(make: Make) -> None:
    seeker, link, _ = make(True)
    assert [seeker.near(HOST), seeker.near(HOST)] == [True, True]
    assert link.status()["up"] is True
    link.up(HOST)
    assert seeker.near(HOST)


def finds_nothing(make: Make) -> None:
    seeker, link, change = make(False)
    assert [seeker.near(HOST) for _ in range(3)] == [False] * 3
    assert link.status()["up"] is False
    change(True)
    assert [seeker.near(HOST), seeker.near(HOST)] == [True, True]


def finds_what_goes_again(make: Make) -> None:
    seeker, link, change = make(True)
    assert seeker.near(HOST)
    change(False)
    assert [seeker.near(HOST), seeker.near(HOST)] == [False, False]
    assert link.status()["up"] is False


CHECKS = (finds_what_is_there, finds_nothing, finds_what_goes_again)
