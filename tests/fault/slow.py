"""Activities that take longer than their interval: an exchange, a call of the app, or all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Callable

from tests.fault.scenarios import SCENARIOS, Broken, Played, accepts_more, quiet, steady
from tests.fault.scenarios import play as play_scenario
from tests.fault.world import Watch, World

# Calls of the cloud by their names in ports.cloud, and those of the app.
WHATS = ("management", "reading", "report", "worker", "manage", "all")
TIMES = (0.9, 1.5, 4)  # of the interval
_INTERVAL_MS = 60_000
_LOOK_MIN = 240


def cases(quick: bool) -> Iterator[str]:
    """Yield `scenario:what:times`."""
    for scenario in SCENARIOS:
        found = ["%s:%s:%s" % (scenario, what, times) for what in WHATS for times in TIMES]
        yield from found[::7] if quick else found


def play(case: str, watch: Watch | None = None) -> Played:
    """Play one case; raise `Broken` if the Thing violates a guarantee."""
    scenario, what, times = case.split(":")
    world = World(watch)
    steady(world)
    slow = _Slow(world, what, int(float(times) * _INTERVAL_MS))
    outcome = play_scenario(world, scenario)
    _fair(world, slow)
    slow.took = 0
    world.say("WORLD", network="quick again")
    world.run(lambda: quiet(world) and not world.thing.queue.waiting(), "empty queue")
    accepts_more(world)
    if scenario != "starts":  # its power cuts lose readings that were in memory only
        world.check_readings(set(range(1, world.count)))
    return Played(outcome, slow.count)


def _fair(world: World, slow: _Slow) -> None:
    """Check that each activity has its turn in spite of the slow ones."""
    slow.calls.clear()
    world.wait(_LOOK_MIN)
    missing = {"management", "reading", "worker"} - set(slow.calls)
    if missing:
        raise Broken("it does not come back: no turn for %s" % ", ".join(sorted(missing)))


class _Slow:
    """Activities that advance the clock; `calls`: the names of those that began."""

    def __init__(self, world: World, what: str, took: int) -> None:
        self.world, self.what, self.took = world, what, took
        self.count = 0
        self.calls: list[str] = []
        cloud: Any = world.cloud
        cloud.on_call = self.called
        self._worker: Callable[[], Any] = world._worker
        world.thing.apps.worker = self.work
        world.thing.apps.management = self.manage

    def work(self) -> Any:
        """Run the app's worker."""
        self.called("worker")
        return self._worker()

    def manage(self, _data: Any) -> None:
        """Run the app's management task, which only takes time."""
        self.called("manage")

    def called(self, name: str) -> None:
        """Record that an activity begins; advance the clock if it is a slow one."""
        self.calls.append(name)
        if self.took and self.what in (name, "all"):
            self.count += 1
            if self.count == 1:
                self.world.say("FAULT", what="slow " + name, ms=self.took)
            self.world.cloud.clock.advance(self.took)  # the Thing's clock
