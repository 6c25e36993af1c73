"""`kill -9` of a worker, of PostgreSQL, of the proxy, while Things send, and nothing is lost.

Short here; `tox -e soak` goes on for a minute.
"""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Iterator

import pytest

from tests import haproxy, postgres
from tests.e2e.conftest import World, no_reading_missing
from tests.load.kills import Load
from tests.patience import until
from tests.unit.cloud.crews import workers_of

SECONDS = float(os.environ.get("PYTHINGS_KILLS_S", "0"))  # at least, and each of the three once
SENDERS = 8

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


class Fleet:
    """A Linux Thing, two workers, PostgreSQL and haproxy, with a method to kill each server."""

    def __init__(self, world: World, server: postgres.Server, proxy: haproxy.Haproxy) -> None:
        self.world = world
        self._server = server
        self.proxy = proxy

    def worker(self) -> None:
        """Kill a worker, and wait until the cloud has replaced it."""
        before = workers_of(self.world.cloud.pid)
        os.kill(min(before), signal.SIGKILL)
        until(lambda: len(workers_of(self.world.cloud.pid) - {min(before)}) == 2)

    def database(self) -> None:
        """Kill PostgreSQL and start it again, as a service manager does."""
        self._server.kill()
        self._server.restart()

    def front(self) -> None:
        """Kill haproxy and start it again."""
        self.proxy.kill()
        self.proxy.start()


@pytest.fixture
def fleet(stage: World) -> Iterator[Fleet]:
    with postgres.running() as server:
        options = ("--workers", "2", "--rate", "0", "--trusted-proxy", "127.0.0.1")
        stage.open(*options, "--database", server.database())
        with haproxy.running("127.0.0.1:%d" % stage.port) as proxy:
            yield Fleet(stage, server, proxy)
            stage.end()  # before the servers that it needs


def test_no_acknowledged_reading_is_lost_whatever_is_killed(fleet):
    world = fleet.world
    world.running(backend=fleet.proxy.url)
    kills = itertools.cycle([fleet.worker, fleet.database, fleet.front])
    end = time.monotonic() + SECONDS
    count = 0
    with Load(fleet.proxy.url, world.aid, SENDERS) as load:
        for kill in kills:
            _goes_on(load)
            kill()
            count += 1
            if count >= 3 and time.monotonic() >= end:
                break
        _goes_on(load)
    world.more_readings(2)
    no_reading_missing(world.readings(2))
    assert [event["new"] for event in world.thing.events if event["event"] == "state"][-1] == "run"
    lost, stored = 0, 0
    for sender in load.senders:
        found = [row["msg"] for row in world.admin.readings(sender.tid, 10_000)]
        assert len(found) == len(set(found))
        assert set(found) <= set(range(1, sender.sent + 1))
        lost += len(sender.taken - set(found))
        stored += len(found)
    acknowledged = sum(load.taken())
    print(f"{count} kills, {acknowledged} acknowledged, {stored} stored, {lost} lost")
    assert lost == 0


def _goes_on(load: Load) -> None:
    """Wait until each Thing has been answered ten times more."""
    before = load.taken()
    until(lambda: all(now >= then + 10 for now, then in zip(load.taken(), before)))
