"""A whole Thing on Wi-Fi that comes and goes, with failover to a modem, in simulated time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.failover import FailoverTransport
from app.modem.internet import Request
from domain.errors import LinkError
from domain.lifecycle import RUN
from tests.fakes.link import FakeLink, FakeProbe
from tests.fakes.transport import FakeTransport
from tests.unit.sim800.soaking import World


class Both(World):
    """A World with Wi-Fi and a modem. `wifi.fault` takes the Wi-Fi away. `paths`: those of all
    requests; `air`: those over the modem."""

    def faults(self) -> list[str]:
        return []

    def ways(self) -> tuple[Any, Any]:
        self.wifi, self.direct = FakeLink("wifi"), FakeTransport()
        self.air: list[str] = []
        self.paths: list[str] = []
        self.direct.handler = self.by_wifi
        both: Any = [(self.wifi, self.direct), (self.bench.link, self.bench.transport)]
        ways = FailoverTransport(both, self.clock, self.bench.console, FakeProbe(self.wifi))
        return ways, ways.links

    def by_wifi(self, path: str, body: bytes) -> tuple[int, str, bytes]:
        if self.wifi.fault:
            raise LinkError("timeout", "no answer in time - look after the network")
        self.paths.append(path.strip("/").rpartition("/")[2])
        answer = super().serve(Request("cloud.example" + path, False, body, {}, 30))
        kind = answer.head.split(b"Content-Type: ")[1].split(b";")[0].strip().decode()
        return answer.status, kind, answer.body

    def serve(self, request: Request) -> Any:
        self.air.append(request.url.strip("/").rpartition("/")[2])
        self.paths.append(self.air[-1])
        return super().serve(request)

    def kind(self) -> str:
        """Return the kind of the route in use."""
        way = self.runner.thing.cloud._transport._current  # type: ignore[attr-defined]
        return str(way.status()["kind"])

    def wait_for(self, kind: str, minutes: int) -> None:
        until = self.clock.now + minutes * 60_000
        while self.kind() != kind:
            self.runner.step()
            assert self.clock.now < until, "not on %s" % kind


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Both]:
    made = Both(tmp_path, 6)
    yield made
    made.store.close()


def test_wifi_comes_and_goes(world: Both):
    world.wifi.fault = "no_link"
    world.live(5)  # through its first restarts, too
    assert world.kind() == "cellular"
    sessions = world.air.count("register")
    world.wifi.fault = ""
    world.wait_for("wifi", 7)  # the first look after five minutes, the second one soon
    on_air = len(world.air)
    world.live(20)
    assert len(world.air) == on_air  # nothing costs anything any more
    assert world.paths.count("register") == sessions  # the session is the same
    world.wifi.fault = "no_link"
    world.wait_for("cellular", 20)
    world.live(2)
    assert world.air.count("register") == sessions + 1  # by `recover` and `connect`, as ever
    world.wifi.fault = ""
    world.wait_for("wifi", 13)
    world.live(2)
    assert world.runner.machine.state == RUN
    readings = world.delivered()
    assert readings == list(range(1, len(readings) + 1))  # none lost, none twice, in order
    assert world.read - len(readings) <= 2


def test_the_app_works_on_while_the_better_way_is_looked_for(world: Both):
    world.wifi.fault = "no_link"
    world.live(3)
    started, read = world.clock.now, world.read
    world.live(60)
    minutes = (world.clock.now - started) / 60_000
    assert world.read - read >= 2 * minutes - 3  # every 30 s
    assert world.kind() == "cellular"
