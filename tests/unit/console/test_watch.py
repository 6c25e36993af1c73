"""The rows of all Things, which follow the calls of Things and their silence."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

from app.cloud.tables.events import Event
from app.console.rows import LATE, ONLINE
from app.console.watch import Watch
from tests.unit.console.deploying import thing

NOW = time.time()
HOURLY = {"worker_interval": "3600"}


class QuietFleet:
    """Things with their calls in turns; each read of some is kept."""

    def __init__(self, **seen: float) -> None:
        self.known = {
            tid: replace(thing(), tid=tid, active=True, last_contact=at, settings=HOURLY)
            for tid, at in seen.items()
        }
        self.changed = dict(self.known)  # as a second read finds them
        self.turns: list[list[Event]] = []
        self.reads: list[set[str]] = []
        self.over = asyncio.Event()

    async def things(self) -> list[Any]:
        return list(self.known.values())

    async def some(self, tids: list[str]) -> list[Any]:
        self.reads.append(set(tids))
        return [self.changed[tid] for tid in tids if tid in self.changed]

    async def events(self, after: int, wait_s: float) -> list[Event]:
        if not self.turns:
            self.over.set()
            await asyncio.Event().wait()
        return self.turns.pop(0)


def call(number: int, tid: str) -> Event:
    return Event(number, NOW, "worker", tid, 200, "a reading")


async def watched(fleet: Any) -> Watch:
    """Follow all turns of calls."""
    watch = Watch(fleet)
    await watch.open()
    await fleet.over.wait()
    await watch.close()
    return watch


def test_calls_are_read_together_and_quiet_things_are_not_read():
    async def run() -> None:
        fleet = QuietFleet(a=NOW, b=NOW, quiet=NOW - 1800)
        fleet.turns = [[call(1, "a"), call(2, "b"), call(3, "a")]]
        watch = await watched(fleet)
        assert fleet.reads == [{"a", "b"}]
        assert [one.id for one in watch.calls("a")] == [1, 3]

    asyncio.run(run())


def test_a_thing_that_is_due_is_read_and_one_that_has_gone_is_dropped():
    async def run() -> None:
        fleet = QuietFleet(due=NOW - 4000, gone=NOW - 4000, fresh=NOW)
        fleet.changed["due"] = replace(fleet.known["due"], online=False)
        del fleet.changed["gone"]
        fleet.turns = [[], []]
        watch = await watched(fleet)
        assert fleet.reads == [{"due", "gone"}]
        assert {tid: row.state for tid, row in watch.rows.items()} == {"due": LATE, "fresh": ONLINE}

    asyncio.run(run())
