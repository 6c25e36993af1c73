"""The contract of links."""

from __future__ import annotations

from typing import Callable

import pytest

from domain.errors import LinkError
from ports.link import Link

# make(code) returns a link; its `up` fails with this code, or succeeds (""). With `no_address`
# it may succeed where names are resolved with the first request only.
Make = Callable[[str], Link]

HOST = "127.0.0.1"


def check_link(make: Make) -> None:
    """Run the contract on links made by `make`, see `Make`."""
    for check in CHECKS:
        check(make)


def is_down_at_first(make: Make) -> None:
    status = make("").status()
    assert isinstance(status["kind"], str)
    assert status["kind"]
    assert status["up"] is False


def comes_up_again_and_again(make: Make) -> None:
    link = make("")
    for _ in range(2):
        link.up(HOST)
        assert link.status()["up"] is True
    link.down()
    assert link.status()["up"] is False
    link.down()
    link.up(HOST)
    assert link.status()["up"] is True


def says_why_it_does_not_come_up(make: Make) -> None:
    for code in ("no_link", "no_address"):
        link = make(code)
        if code == "no_address" and link.status()["kind"] == "cellular":
            continue
        for _ in range(2):
            with pytest.raises(LinkError) as caught:
                link.up(HOST)
            assert caught.value.code == code
            assert len(caught.value.text) > 10
        assert link.status()["up"] is False
        link.down()


def tells_what_it_knows(make: Make) -> None:
    link = make("")
    link.up(HOST)
    kinds = {
        **dict.fromkeys(("kind", "address", "network"), str),
        **dict.fromkeys(("rssi", "battery", "millivolts"), int),
        **dict.fromkeys(("up", "exposed"), bool),
    }
    for name, value in link.status().items():
        assert isinstance(value, kinds[name])


def scans(make: Make) -> None:
    networks = make("").scan()
    assert [type(value) for network in networks for value in network] == [
        str,
        int,
        bool,
    ] * len(networks)
    strengths = [rssi for _, rssi, _ in networks]
    assert strengths == sorted(strengths, reverse=True)


CHECKS = (
    is_down_at_first,
    comes_up_again_and_again,
    says_why_it_does_not_come_up,
    tells_what_it_knows,
    scans,
)
