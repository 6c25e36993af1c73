"""A thousand Things lose the same cloud: how many are back in the same second."""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter

import pytest

from domain.errors import LinkError
from domain.recover import Recover
from domain.run import Run
from tests.fakes.cloud import FakeCloud
from tests.fakes.thing import make_runner, make_thing, restarted

THINGS = 1000
MOST = 30  # 3 % of them, in any second
LOST_MS = 120_000  # when the cloud goes
AFTER_MS = 900_000  # how long they are watched afterwards


class Crowd:
    """Things that are driven in the order of their clocks, over one outage."""

    def __init__(self, outage_ms: int) -> None:
        self.back = LOST_MS + outage_ms
        self.first: Counter[int] = Counter()  # first requests of each, by second after it
        self.registers: Counter[int] = Counter()
        chance = random.Random(outage_ms)
        order = itertools.count()
        heap = []
        for seed in range(THINGS):
            member = Member(self, seed, chance.randrange(60_000))
            heapq.heappush(heap, (member.now, next(order), member))
        while heap:
            _, _, member = heapq.heappop(heap)
            member.step()
            if member.now < self.back + AFTER_MS:
                heapq.heappush(heap, (member.now, next(order), member))


class Member:
    def __init__(self, crowd: Crowd, seed: int, phase_ms: int) -> None:
        self.crowd = crowd
        self.thing = make_thing(seed=seed)
        self.thing.clock.now = phase_ms
        self.cloud: FakeCloud = self.thing.cloud
        self.cloud.on_call = self.call
        self.seen = False
        self.restarting = False
        self.begin()

    def begin(self) -> None:
        self.thing.system.on_restart = self.restart
        self.runner = make_runner(self.thing)

    def restart(self) -> None:
        self.restarting = True

    @property
    def now(self) -> int:
        return self.thing.clock.now

    def call(self, name: str) -> None:
        if LOST_MS <= self.now < self.crowd.back:
            raise LinkError("refused", "connection refused")
        if self.now >= self.crowd.back:
            second = (self.now - self.crowd.back) // 1000
            if not self.seen:
                self.seen = True
                self.crowd.first[second] += 1
            if name == "register":
                self.crowd.registers[second] += 1

    def step(self) -> None:
        self.skip()
        self.runner.step()
        if self.restarting:
            self.restarting = False
            self.thing = restarted(self.thing)
            self.begin()
        self.thing.console.events.clear()
        self.cloud.calls.clear()

    def skip(self) -> None:
        """Without an app nothing happens before the next exchange or the end of a wait."""
        case = self.runner.case
        until = self.now
        if isinstance(case, Recover) and case.remedy:
            until = case.until
        elif isinstance(case, Run) and not self.thing.status.untold():
            until = case.management_due
        self.thing.clock.now = max(self.now, until)


@pytest.mark.parametrize("outage_s", [5, 30, 120, 600, 3600])
def test_they_come_back_as_a_trickle(outage_s):
    crowd = Crowd(outage_s * 1000)
    assert sum(crowd.first.values()) == THINGS  # all of them are back
    assert max(crowd.first.values()) <= MOST
    assert max(crowd.registers.values(), default=0) <= MOST
