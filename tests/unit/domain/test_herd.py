"""A thousand Things lose the same cloud: how many are back in the same second."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from domain.errors import LinkError
from domain.states.recover import Recover
from domain.states.run import Run
from tests.everywhere import kept
from tests.fakes.console import FakeConsole
from tests.fakes.thing import make_runner, make_thing, restarted

pytestmark = pytest.mark.slow

THINGS = 1000
MOST = 30  # 3 % of them, in any second
INTERVAL_MS = 60_000
LOST_MS = 120_000  # when the cloud goes


class Silent(FakeConsole):
    def event(self, level: int, name: str, fields: dict[str, Any]) -> None:
        pass


class Member:
    """One Thing, at work when the cloud goes; they share nothing but the time."""

    def __init__(self, seed: int, phase_ms: int, back_ms: int) -> None:
        self.back = back_ms
        self.lost = False
        self.thing = make_thing(seed=seed, console=Silent())
        self.thing.clock.now = LOST_MS - INTERVAL_MS + phase_ms
        self.thing.cloud.settings["pool"] = "development"
        self.thing.cloud.on_call = self.call
        self.requests: list[tuple[int, str]] = []  # (second, name), after the outage
        self.restarting = False
        self.begin()

    def begin(self) -> None:
        self.thing.system.on_restart = self.restart
        self.runner = make_runner(self.thing)

    def restart(self) -> None:
        self.restarting = True

    def call(self, name: str) -> None:
        now = self.thing.clock.now
        if LOST_MS <= now < self.back:
            self.lost = True
            raise LinkError("refused", "connection refused")
        if now >= self.back:
            self.requests.append(((now - self.back) // 1000, name))

    def live(self) -> None:
        """Live until the Thing has been at work again for an interval."""
        while not self.requests or self.requests[-1][1] != "management":
            self.skip()
            self.runner.step()
            if self.restarting:
                self.restarting = False
                self.thing = restarted(self.thing)
                self.begin()

    def skip(self) -> None:
        """Advance to the next exchange or a wait's end: without an app, nothing happens before."""
        case = self.runner.case
        until = 0
        if isinstance(case, Recover) and case.remedy:
            until = case.until
        elif isinstance(case, Run) and not self.thing.status.untold():
            until = case.management_due
        self.thing.clock.now = max(self.thing.clock.now, until)


def crowd(outage_s: int) -> tuple[Counter[int], Counter[int], Counter[int]]:
    """Count by second after the outage the Things back with their first request after a loss of the
    cloud, those that register, and the first requests of all Things."""
    chance = random.Random(outage_s)
    back: Counter[int] = Counter()
    registers: Counter[int] = Counter()
    first: Counter[int] = Counter()
    for seed in range(THINGS):
        member = Member(seed, chance.randrange(INTERVAL_MS), LOST_MS + outage_s * 1000)
        member.live()
        first[member.requests[0][0]] += 1
        if member.lost:
            back[member.requests[0][0]] += 1
        registers.update(second for second, name in member.requests if name == "register")
    return back, registers, first


@pytest.mark.parametrize("outage_s", kept([5, 15, 30, 60, 120, 600, 3600], 5, 120))
def test_they_come_back_as_a_trickle(outage_s):
    back, registers, first = crowd(outage_s)
    assert sum(first.values()) == THINGS  # all of them are back
    assert max(first) <= 300  # and none is late
    assert max(registers.values(), default=0) <= MOST
    assert max(back.values()) <= MOST
    # With the Things that noticed nothing and call as always: 17 a second, 28 in some.
    assert max(first.values()) <= MOST + 15
