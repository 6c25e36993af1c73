"""The contract of link probes."""

from __future__ import annotations

from typing import Callable

from ports.link import Link, LinkProbe

# make(there) returns a probe, its link, which is down, and a function that sets whether the
# network is there.
Make = Callable[[bool], "tuple[LinkProbe, Link, Callable[[bool], None]]"]

HOST = "127.0.0.1"


def check_link_probe(make: Make) -> None:
    """Run the contract on link probes made by `make`, see `Make`."""
    for check in CHECKS:
        check(make)


def finds_what_is_there(make: Make) -> None:
    probe, link, _ = make(True)
    assert [probe.near(HOST), probe.near(HOST)] == [True, True]
    assert link.status()["up"] is True
    link.up(HOST)
    assert probe.near(HOST)


def finds_nothing(make: Make) -> None:
    probe, link, change = make(False)
    assert [probe.near(HOST) for _ in range(3)] == [False] * 3
    assert link.status()["up"] is False
    change(True)
    assert [probe.near(HOST), probe.near(HOST)] == [True, True]


def finds_what_goes_again(make: Make) -> None:
    probe, link, change = make(True)
    assert probe.near(HOST)
    change(False)
    assert [probe.near(HOST), probe.near(HOST)] == [False, False]
    assert link.status()["up"] is False


CHECKS = (finds_what_is_there, finds_nothing, finds_what_goes_again)
