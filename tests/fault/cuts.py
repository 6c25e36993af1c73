"""Power cuts in every write, and pairs of cuts."""

from __future__ import annotations

from collections.abc import Iterator

from tests.fault.flash import EARLY, LATE, TORN
from tests.fault.scenarios import SCENARIOS, Played, accepts_more, steady, writes_of
from tests.fault.scenarios import play as play_scenario
from tests.fault.world import Watch, World

HOWS = (EARLY, TORN, LATE)
SECOND = 30  # writes after the first cut, each of which is tried for the second one


def cases(quick: bool) -> Iterator[str]:
    """Yield `scenario:how:write[,write]`, the second counted from the restart."""
    for scenario in SCENARIOS:
        writes = range(1, writes_of(scenario) + 1)
        cuts = ["%s:%s:%d" % (scenario, how, at) for how in HOWS for at in writes]
        pairs = ["%s,%d" % (case, second) for case in cuts for second in range(1, SECOND + 1)]
        yield from cuts[::13] if quick else cuts
        yield from pairs[::401] if quick else pairs


def play(case: str, watch: Watch | None = None) -> Played:
    """Play one case; raise `Broken` if the Thing violates a guarantee."""
    scenario, how, cuts = case.split(":")
    world = steady(World(watch))
    flash, rest = world.flash, [int(cut) for cut in cuts.split(",")]
    before = world.faults
    flash.how = how
    flash.cut_after(rest.pop(0))
    _again(world, rest)
    try:
        outcome = play_scenario(world, scenario)
    finally:
        flash._cut_at = 0
    flash.__dict__.pop("restart", None)
    accepts_more(world)
    return Played(outcome, world.faults - before)


def _again(world: World, rest: list[int]) -> None:
    """Schedule each next cut at the restart after the previous one."""
    flash, restart = world.flash, world.flash.restart

    def then() -> object:
        found = restart()
        if rest:
            flash.cut_after(rest.pop(0))
        return found

    flash.restart = then  # type: ignore[method-assign, assignment]
