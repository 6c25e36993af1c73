"""A full disk: in one write, or in all from one on until there is room again."""

from __future__ import annotations

from collections.abc import Iterator

from tests.fault.scenarios import SCENARIOS, Played, accepts_more, steady, writes_of
from tests.fault.scenarios import play as play_scenario
from tests.fault.world import Watch, World

ONCE = "once"
ALL = "all"  # for a while
START = "start"  # the same, with a restart of the Thing meanwhile
HOWS = (ONCE, ALL, START)
_MINUTES = 25
_START_AFTER = 10


def cases(quick: bool) -> Iterator[str]:
    """Yield `scenario:how:write`."""
    for scenario in SCENARIOS:
        found = [
            "%s:%s:%d" % (scenario, how, at)
            for how in HOWS
            for at in range(1, writes_of(scenario) + 1)
        ]
        yield from found[::13] if quick else found


def play(case: str, watch: Watch | None = None) -> Played:
    """Play one case; raise `Broken` if the Thing violates a guarantee."""
    scenario, how, at = case.split(":")
    world = steady(World(watch))
    before = world.faults
    if how == ONCE:
        world.flash.fail_after(int(at))
    else:
        _Full(world, int(at), how == START)
    outcome = play_scenario(world, scenario)
    world.run(lambda: world.on_step is None or how == ONCE, "room")
    world.flash.heal()
    world.on_step = None
    accepts_more(world)
    return Played(outcome, world.faults - before)


class _Full:
    """A disk that is full from write number `at` on, for some minutes."""

    def __init__(self, world: World, at: int, start: bool) -> None:
        self.world = world
        self.at = world.flash.writes + at
        self.until = 0
        self.start = start
        world.flash.full_from = self.at
        world.on_step = self.look

    def look(self) -> None:
        """Restart the Thing or make room when it is time; called before each step of the Thing."""
        world, now = self.world, self.world.thing.clock.now
        if not self.until and world.flash.writes >= self.at:
            self.until = now + _MINUTES * 60_000
        if self.start and self.until and now > self.until - (_MINUTES - _START_AFTER) * 60_000:
            self.start = False
            world.start("power_on")
        if self.until and now > self.until:
            world.flash.full_from = 0
            world.say("WORLD", disk="has room again")
            world.on_step = None
