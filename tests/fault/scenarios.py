"""The activities of a Thing during which a fault strikes, and the checks after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from tests.fault.world import Broken, Watch, World

NEW, OLD, BY_HAND = "new", "old", "by hand"
GIVEN_UP_MS = 1_800_000

Act = Callable[[World], None]


@dataclass(frozen=True)
class Played:
    """The result of a case.

    `outcome`: NEW if the request is in force, OLD if the state before is, or BY_HAND if a person
    had to repair something; `faults`: the number of faults that occurred.
    """

    outcome: str
    faults: int


@dataclass(frozen=True)
class Scenario:
    """A request to the Thing or an event, `act`; `new`: whether it is in force."""

    act: Act
    new: Callable[[World], bool]


def quiet(world: World) -> bool:
    """Tell whether the Thing is in state `run` and nothing is on trial."""
    journal = world.thing.journal
    trial = journal.app.trial or journal.os.trial or journal.settings.trial
    return world.runner.machine.state == "run" and not trial


def steady(world: World) -> World:
    """Let the Thing take its first app, its settings and an OS of the cloud; return the world."""
    world.want_app("1")
    world.run(lambda: world.thing.journal.app.version == "1" and quiet(world), "first app")
    world.want_os("2.0.5")
    world.run(lambda: world.thing.version == "2.0.5" and quiet(world), "first OS")
    world.say("READY")
    return world


def play(world: World, name: str) -> str:
    """Play a scenario until it is in force or given up for good; return NEW or OLD."""
    scenario = SCENARIOS[name]
    scenario.act(world)
    start = world.thing.clock.now

    def settled() -> bool:
        given_up = world.thing.clock.now > start + GIVEN_UP_MS
        return quiet(world) and (scenario.new(world) or given_up)

    world.run(settled, name)
    return NEW if scenario.new(world) else OLD


def accepts_more(world: World) -> None:
    """Check that the Thing takes a further update of everything, and that no reading is missing."""
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
    """Return the number of writes in a scenario without faults."""
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
