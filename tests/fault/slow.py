"""What takes longer than its interval: an exchange, a call of the app, or all of them."""

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
    """`scenario:what:times`."""
    for scenario in SCENARIOS:
        found = ["%s:%s:%s" % (scenario, what, times) for what in WHATS for times in TIMES]
        yield from found[::7] if quick else found


def play(case: str, watch: Watch | None = None) -> Played:
    """Raises `Broken`."""
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
    if scenario != "starts":  # the power goes there, and with it what was in memory only
        world.check_readings(set(range(1, world.count)))
    return Played(outcome, slow.count)


def _fair(world: World, slow: _Slow) -> None:
    """Each activity has its turn."""
    slow.calls.clear()
    world.wait(_LOOK_MIN)
    missing = {"management", "reading", "worker"} - set(slow.calls)
    if missing:
        raise Broken("it does not come back: no turn for %s" % ", ".join(sorted(missing)))


class _Slow:
    """The clock goes on while something is done; `calls`: what was."""

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
        """The app's."""
        self.called("worker")
        return self._worker()

    def manage(self, _data: Any) -> None:
        """The app's, too."""
        self.called("manage")

    def called(self, name: str) -> None:
        """Something begins."""
        self.calls.append(name)
        if self.took and self.what in (name, "all"):
            self.count += 1
            if self.count == 1:
                self.world.say("FAULT", what="slow " + name, ms=self.took)
            self.world.cloud.clock.advance(self.took)  # that of the Thing
