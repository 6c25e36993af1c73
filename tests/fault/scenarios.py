"""What a Thing is doing when a fault comes, and what it must still be able to do afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from tests.fault.world import Broken, Watch, World

NEW, OLD, BY_HAND = "new", "old", "by hand"
GIVEN_UP_MS = 1_800_000

Act = Callable[[World], None]


@dataclass(frozen=True)
class Played:
    """`outcome`: NEW if what was asked for is in force, OLD if what was there before is, or
    BY_HAND if a person had to put something right; `faults`: so many came about."""

    outcome: str
    faults: int


@dataclass(frozen=True)
class Scenario:
    """`act` asks for something or lets something happen; `new`: whether it is in force."""

    act: Act
    new: Callable[[World], bool]


def quiet(world: World) -> bool:
    """It runs, and nothing is on trial."""
    journal = world.thing.journal
    trial = journal.app.trial or journal.os.trial or journal.settings.trial
    return world.runner.machine.state == "run" and not trial


def steady(world: World) -> World:
    """Its first app, its settings, and an OS from the cloud. Gives the world."""
    world.want_app("1")
    world.run(lambda: world.thing.journal.app.version == "1" and quiet(world), "first app")
    world.want_os("2.0.5")
    world.run(lambda: world.thing.version == "2.0.5" and quiet(world), "first OS")
    world.say("READY")
    return world


def play(world: World, name: str) -> str:
    """A scenario to its end, new or given up for good; gives NEW or OLD."""
    scenario = SCENARIOS[name]
    scenario.act(world)
    start = world.thing.clock.now

    def settled() -> bool:
        given_up = world.thing.clock.now > start + GIVEN_UP_MS
        return quiet(world) and (scenario.new(world) or given_up)

    world.run(settled, name)
    return NEW if scenario.new(world) else OLD


def accepts_more(world: World) -> None:
    """A further update of everything, and no reading missing."""
    world.say("FURTHER")
    world.want_interval(45)
    world.run(lambda: quiet(world) and world.thing.settings.worker_interval == 45, "settings 45")
    world.want_app("3")
    world.run(lambda: quiet(world) and world.thing.journal.app.version == "3", "app 3")
    world.want_os("2.2.0", keys=3)
    world.run(lambda: quiet(world) and world.thing.version == "2.2.0", "OS 2.2.0")
    world.run(lambda: quiet(world) and not world.thing.queue.waiting(), "empty queue")
    world.check_readings()


def writes_of(scenario: str) -> int:
    """How many writes it takes when nothing goes wrong."""
    world = steady(World())
    before = world.flash.writes
    play(world, scenario)
    return world.flash.writes - before


def _starts(world: World) -> None:
    for _ in range(3):
        world.start("power_on")
        world.run(lambda: quiet(world), "run")


SCENARIOS = {
    "app update": Scenario(
        lambda world: world.want_app("2"),
        lambda world: world.thing.journal.app.version == "2",
    ),
    "settings update": Scenario(
        lambda world: world.want_interval(30),
        lambda world: world.thing.settings.worker_interval == 30,
    ),
    "OS update": Scenario(
        lambda world: world.want_os("2.1.0"),
        lambda world: world.thing.version == "2.1.0",
    ),
    "OS update, keys": Scenario(
        lambda world: world.want_os("2.1.0", keys=3),
        lambda world: world.thing.version == "2.1.0",
    ),
    "readings": Scenario(
        lambda world: world.outage(12),
        lambda world: not world.thing.queue.waiting(),
    ),
    "starts": Scenario(_starts, quiet),
}

__all__ = ["BY_HAND", "NEW", "OLD", "SCENARIOS", "Broken", "Played", "Watch", "World"]
