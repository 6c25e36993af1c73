"""The fault lab: power cuts at every write, and what becomes of the Thing.

Each scenario is run once to count its writes; then again for every one of them, with the power
going before, in the middle of, or just after it; and for pairs of cuts in a row. Every time the
Thing must come back, run nothing but whole and verified versions, lose no reading that was kept,
and take the next update.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Callable

from tests.fault.flash import EARLY, LATE, TORN
from tests.fault.world import Broken, World

HOWS = (EARLY, TORN, LATE)
SECOND = 30  # writes behind the first cut in which the second one may come

Act = Callable[[World], None]


def steady(world: World) -> None:
    """Its first app, its settings, and an OS from the cloud."""
    world.want_app("1")
    world.run(lambda: world.thing.journal.app.version == "1" and _quiet(world), "first app")
    world.want_os("2.0.5")
    world.run(lambda: world.thing.version == "2.0.5" and _quiet(world), "first OS")


def _quiet(world: World) -> bool:
    journal = world.thing.journal
    trial = journal.app.trial or journal.os.trial or journal.settings.trial
    return world.runner.machine.state == "run" and not trial


def _settled(world: World, done: Callable[[], bool]) -> Callable[[], bool]:
    """Done, or given up for good: what a cut has come into the trial of is taken back."""
    start = world.thing.clock.now

    def check() -> bool:
        return _quiet(world) and (done() or world.thing.clock.now > start + 1_800_000)

    return check


def app_update(world: World) -> None:
    world.want_app("2")
    world.run(_settled(world, lambda: world.thing.journal.app.version == "2"), "app 2")


def os_update(world: World) -> None:
    world.want_os("2.1.0")
    world.run(_settled(world, lambda: world.thing.version == "2.1.0"), "OS 2.1.0")


def os_update_with_new_keys(world: World) -> None:
    world.want_os("2.1.0", keys=3)
    world.run(_settled(world, lambda: world.thing.version == "2.1.0"), "OS 2.1.0")


def settings_update(world: World) -> None:
    world.want_interval(30)
    world.run(_settled(world, lambda: world.thing.settings.worker_interval == 30), "settings")


def readings_kept(world: World) -> None:
    world.outage(12)
    world.run(lambda: _quiet(world) and not world.thing.queue.waiting(), "empty queue")


def boots(world: World) -> None:
    for _ in range(3):
        world._start("power_on")
        world.run(lambda: _quiet(world), "run")


SCENARIOS: dict[str, Act] = {
    "app update": app_update,
    "settings update": settings_update,
    "OS update": os_update,
    "OS update, keys": os_update_with_new_keys,
    "readings": readings_kept,
    "starts": boots,
}


@dataclass(frozen=True)
class Case:
    """`cuts`: in which write, counted from the start of the scenario, then from the restart."""

    scenario: str
    how: str
    cuts: tuple[int, ...]

    def __str__(self) -> str:
        return "%s:%s:%s" % (self.scenario, self.how, ",".join(map(str, self.cuts)))


def writes_of(scenario: str) -> int:
    """How many writes it takes when nothing goes wrong."""
    world = World()
    steady(world)
    before = world.flash.writes
    SCENARIOS[scenario](world)
    return world.flash.writes - before


def play(case: Case) -> int:
    """Gives the cuts that came about; raises `Broken`."""
    world = World()
    steady(world)
    flash, rest = world.flash, list(case.cuts)
    flash.how = case.how
    flash.cut_after(rest.pop(0))
    if rest:
        _again(world, rest)
    try:
        SCENARIOS[case.scenario](world)
    finally:
        flash._cut_at = 0
    _accepts_more(world)
    return world.cuts


def _again(world: World, rest: list[int]) -> None:
    """The next cut is counted from the restart behind the one before."""
    flash, restart = world.flash, world.flash.restart

    def then() -> object:
        found = restart()
        if rest:
            flash.cut_after(rest.pop(0))
        return found

    flash.restart = then  # type: ignore[method-assign, assignment]


def _accepts_more(world: World) -> None:
    """A further update of everything, and no reading missing."""
    world.flash.__dict__.pop("restart", None)
    world.want_interval(45)
    world.run(lambda: _quiet(world) and world.thing.settings.worker_interval == 45, "settings 45")
    world.want_app("3")
    world.run(lambda: _quiet(world) and world.thing.journal.app.version == "3", "app 3")
    world.want_os("2.2.0", keys=3)
    world.run(lambda: _quiet(world) and world.thing.version == "2.2.0", "OS 2.2.0")
    world.run(lambda: _quiet(world) and not world.thing.queue.waiting(), "empty queue")
    world.check_readings()


def cases(quick: bool) -> Iterator[Case]:
    """All of them, or a sample that is the same each time."""
    for scenario in SCENARIOS:
        writes = writes_of(scenario)
        singles = [Case(scenario, how, (at,)) for how in HOWS for at in range(1, writes + 1)]
        pairs = [
            Case(scenario, how, (at, second))
            for how in HOWS
            for at in range(1, writes + 1)
            for second in range(1, SECOND + 1)
        ]
        yield from singles[::7] if quick else singles
        yield from pairs[::211] if quick else pairs


def main(argv: list[str] | None = None) -> int:
    """Play the cases; gives 1 if anything broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.fault.lab", description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="a sample")
    parser.add_argument("--case", help="play this one only, as it was printed")
    options = parser.parse_args(argv)
    if options.case:
        scenario, how, cuts = options.case.split(":")
        play(Case(scenario, how, tuple(int(cut) for cut in cuts.split(","))))
        return 0
    return report(cases(options.quick))


def report(chosen: Iterator[Case]) -> int:
    """Play, count, print."""
    started = time.monotonic()
    played: Counter[str] = Counter()
    cuts: Counter[str] = Counter()
    broken = []
    for case in chosen:
        played[case.scenario] += 1
        try:
            cuts[case.scenario] += play(case)
        except Broken as error:
            broken.append("%s: %s" % (case, error))
    sys.stdout.write("%-18s %7s %7s\n" % ("scenario", "cases", "cuts"))
    for scenario in played:
        sys.stdout.write("%-18s %7d %7d\n" % (scenario, played[scenario], cuts[scenario]))
    total = (sum(played.values()), sum(cuts.values()), time.monotonic() - started)
    sys.stdout.write("%-18s %7d %7d  in %.0f s\n" % ("all", *total))
    sys.stdout.write("%d broke\n" % len(broken))
    sys.stdout.writelines("  %s\n" % line for line in broken[:50])
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
