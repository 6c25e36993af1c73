"""The route that came up last is used; the first one is used again when it is back."""

from __future__ import annotations

from typing import Callable

import pytest

from adapters.failover import FailoverTransport
from domain.errors import CloudError, LinkError
from tests.fakes.clock import FakeClock
from tests.fakes.console import FakeConsole
from tests.fakes.link import FakeLink, FakeProbe
from tests.fakes.source import exchange
from tests.fakes.transport import Answer, FakeTransport

HOST = "cloud.example"
MINUTE = 60_000


def named(name: str) -> Callable[[str, bytes], Answer]:
    return lambda _path, _body: (200, "", name.encode())


class Choice:
    """Wi-Fi and a modem; both transports answer with their name."""

    def __init__(self, wifi: str = "") -> None:
        self.clock, self.console = FakeClock(), FakeConsole()
        self.links = [FakeLink("wifi"), FakeLink("cellular")]
        self.links[0].fault = wifi
        self.transports = [FakeTransport(), FakeTransport()]
        for link, transport in zip(self.links, self.transports):
            transport.handler = named(link.kind)
        self.probe = FakeProbe(self.links[0])
        pairs = list(zip(self.links, self.transports))
        self.ways = FailoverTransport(pairs, self.clock, self.console, self.probe)
        self.ways.use(HOST, True)

    def connect(self) -> str:
        """Connect as the use case does."""
        for way in self.ways.links:
            try:
                way.up(HOST)
            except LinkError:
                continue
            return str(way.status()["kind"])
        raise AssertionError("no link")

    def by(self) -> str:
        """Send a request and return the name of its route."""
        return exchange(self.ways, "/x", b"1", 10)[2].decode()

    def goes(self, minutes: float) -> list[str]:
        """Send a request a minute, and return the route of each."""
        found = []
        for _ in range(int(minutes)):
            self.clock.advance(MINUTE)
            found.append(self.by())
        return found

    def on_modem(self) -> Choice:
        """Take the Wi-Fi away."""
        self.links[0].fault = "no_link"
        assert self.connect() == "cellular"
        return self

    def back_on_wifi(self) -> Choice:
        """Bring the lost Wi-Fi back: the next request is the first one over it."""
        self.on_modem().links[0].fault = ""
        self.goes(5)
        return self


def test_requests_go_over_the_link_that_came_up_last():
    made = Choice()
    made.ways.links[1].up(HOST)
    assert made.by() == "cellular"
    made.ways.links[0].up(HOST)
    assert made.by() == "wifi"
    made.ways.close()
    assert [link.hosts for link in made.links] == [[HOST]] * 2
    assert [transport.uses[-1] for transport in made.transports] == [(HOST, True)] * 2


def test_a_link_that_leads_nowhere_is_left_out_once():
    made = Choice()
    assert made.connect() == "wifi"
    made.transports[0].answers.append(LinkError("timeout", "nobody is there - look after it"))
    with pytest.raises(LinkError):
        made.by()
    with pytest.raises(LinkError, match="the next one"):
        made.ways.links[0].up(HOST)
    assert made.connect() == "wifi"
    assert made.by() == "wifi"
    assert made.connect() == "wifi"
    made.ways.links[0].down()
    assert (made.links[0].downs, made.ways.links[0].status()["up"]) == (1, False)
    assert made.ways.links[0].scan() == []
    assert made.probe.looks == []


def test_back_to_the_first_way_when_it_is_there_again():
    made = Choice().on_modem()
    assert made.goes(4) == ["cellular"] * 4
    assert made.probe.looks == []  # too soon
    made.links[0].fault = ""
    assert made.goes(1) == ["cellular"]  # seen once
    made.clock.advance(9_000)
    assert made.by() == "cellular"
    assert made.probe.looks == [HOST]
    made.clock.advance(1_000)
    assert made.by() == "wifi"
    assert made.console.named("link") == [{"kind": "wifi", "up": True}]
    assert made.links[1].downs == 1  # the modem's bearer is closed, as Wi-Fi has proved itself
    assert made.goes(90) == ["wifi"] * 90
    assert len(made.probe.looks) == 2


def test_looks_are_seldom_while_there_is_nothing():
    made = Choice().on_modem()
    times = []
    for _ in range(24 * 60):
        before = len(made.probe.looks)
        assert made.goes(1) == ["cellular"]
        times += [made.clock.now // MINUTE] * (len(made.probe.looks) - before)
    assert times[:7] == [5, 15, 35, 75, 135, 195, 255]
    assert len(times) == 26
    assert made.links[1].downs == 0
    assert made.console.events == []


def test_what_is_seen_once_only_is_not_taken():
    made = Choice().on_modem()
    made.goes(4)
    made.links[0].fault = ""
    made.goes(1)
    made.links[0].fault = "no_link"
    assert made.goes(3) == ["cellular"] * 3
    assert len(made.probe.looks) == 2
    assert made.goes(10)
    assert len(made.probe.looks) == 3


def test_what_is_near_and_does_not_come_up_is_not_taken():
    made = Choice().on_modem()
    made.goes(4)
    made.probe.near = lambda host: True  # type: ignore[method-assign]
    assert made.goes(3) == ["cellular"] * 3
    assert made.links[0].hosts == [HOST] * 2
    made.goes(5)
    assert made.links[0].hosts == [HOST] * 2


@pytest.mark.parametrize("code", ["no_address", "refused", "timeout", "cut", "tls"])
def test_a_first_way_that_leads_nowhere_is_left_at_once(code: str):
    made = Choice().back_on_wifi()
    made.transports[0].answers.append(LinkError(code, "no way - look after it"))
    if code in ("no_address", "refused"):  # the cloud has not seen it
        assert made.goes(1) == ["cellular"]
    else:  # it may have been obeyed: it is not sent again
        with pytest.raises(LinkError, match="no way"):
            made.goes(1)
        assert len(made.transports[1].posts) == 5
    assert (made.links[0].downs, made.links[1].downs) == (1, 0)
    assert [event["kind"] for event in made.console.named("link")] == ["wifi", "cellular"]
    assert made.goes(9) == ["cellular"] * 9
    assert len(made.probe.looks) == 2  # later than the first time
    assert made.goes(2) == ["cellular", "wifi"]
    assert made.connect() == "wifi"  # it is not held against it


def test_a_cloud_that_answers_with_trouble_is_reached():
    made = Choice().back_on_wifi()
    made.transports[0].answers.append(CloudError("too_long", "long - shorten it"))
    with pytest.raises(CloudError):
        made.goes(1)
    assert made.goes(1) == ["wifi"]


def test_a_way_that_comes_and_goes_is_gone_back_to_less_and_less():
    made = Choice()
    assert made.connect() == "wifi"
    waits = []
    for _ in range(6):
        made.on_modem()
        left = made.clock.now
        made.links[0].fault = ""
        while made.goes(1) == ["cellular"]:
            pass
        waits.append((made.clock.now - left) // MINUTE)
        made.goes(3)
    assert waits == [6, 11, 21, 41, 61, 61]
    made.goes(30)  # it lasts
    made.on_modem().links[0].fault = ""
    assert made.goes(6)[-1] == "wifi"


def test_a_connection_anew_ends_the_trial():
    """The new session may be one that must not go over the modem."""
    made = Choice().back_on_wifi()
    made.transports[0].answers.append(CloudError("not_http", "a portal - look after it"))
    with pytest.raises(CloudError):
        made.goes(1)
    assert made.connect() == "wifi"
    made.transports[0].answers.append(LinkError("refused", "no way - look after it"))
    with pytest.raises(LinkError, match="no way"):
        made.by()
    assert len(made.transports[1].posts) == 5


def test_after_a_connection_by_wifi_the_modem_is_left_for_good():
    made = Choice().on_modem()
    made.links[0].fault = ""
    assert made.connect() == "wifi"
    assert made.goes(20) == ["wifi"] * 20
    assert made.probe.looks == []
