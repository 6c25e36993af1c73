"""No memory in a call of a port, or in a series of calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Callable

from tests.fault.scenarios import SCENARIOS, Played, accepts_more, steady
from tests.fault.scenarios import play as play_scenario
from tests.fault.world import Watch, World

ONCE, LONG = 1, 30  # calls
_CALLS = {
    "storage": ("read", "source", "replace", "receive", "append", "remove", "names"),
    "cloud": ("register", "management", "report", "reading", "app_files", "app_file", "os_file"),
    "crypto": ("random", "verify"),
    "apps": ("load", "call"),
}


def cases(quick: bool) -> Iterator[str]:
    """Yield `scenario:calls:first`; port calls count from the start of the scenario."""
    for scenario in SCENARIOS:
        world = Small()
        steady(world)
        before = world.calls
        play_scenario(world, scenario)
        calls = range(1, world.calls - before + 1)
        found = ["%s:%d:%d" % (scenario, count, at) for count in (ONCE, LONG) for at in calls]
        yield from found[::47] if quick else found


def play(case: str, watch: Watch | None = None) -> Played:
    """Play one case; raise `Broken` if the Thing violates a guarantee."""
    scenario, count, at = case.split(":")
    world = Small(watch)
    steady(world)
    before = world.faults
    world.first = world.calls + int(at)
    world.last = world.first + int(count) - 1
    outcome = play_scenario(world, scenario)
    accepts_more(world)
    return Played(outcome, world.faults - before)


class Small(World):
    """A world without memory for the port calls number `first` to `last`."""

    def __init__(self, watch: Watch | None = None) -> None:
        self.calls = self.first = self.last = 0
        self.loading = False
        super().__init__(watch)

    def _begin(self, thing: Any) -> None:
        super()._begin(thing)
        for port in _CALLS:
            for name in _CALLS[port]:
                self._tap(getattr(thing, port), name)

    def _tap(self, port: Any, name: str) -> None:
        call: Callable[..., Any] = getattr(port, name)
        call = getattr(call, "untapped", call)

        def tapped(*arguments: Any) -> Any:
            if self.loading:
                return call(*arguments)
            self.calls += 1
            if self.first <= self.calls <= self.last:
                self.fault("no memory", call=name)
                raise MemoryError
            return call(*arguments)

        tapped.untapped = call  # type: ignore[attr-defined]
        setattr(port, name, tapped)

    def _pick(self) -> str:
        """Pick an OS without faults: the loader has the whole heap, nothing else is loaded yet."""
        self.loading = True
        try:
            return super()._pick()
        finally:
            self.loading = False
