"""A Thing made of fakes, and its runner."""

from __future__ import annotations

from typing import Any, Callable

from adapters.debug.remote import remote
from domain import lifecycle
from domain.runner import Runner, UseCase
from domain.settings.parameters import Parameters
from domain.states.boot import Boot
from domain.states.connect import Connect
from domain.states.recover import Recover
from domain.states.register import Register
from domain.states.run import Run
from domain.states.setup import Setup
from domain.states.update import Update
from domain.thing import Thing
from tests.fakes.apphost import FakeAppHost
from tests.fakes.clock import FakeClock
from tests.fakes.cloud import FakeCloud
from tests.fakes.console import FakeConsole
from tests.fakes.crypto import FakeCrypto
from tests.fakes.indicator import FakeIndicator
from tests.fakes.link import FakeLink
from tests.fakes.portal import FakePortal
from tests.fakes.storage import MemoryStorage
from tests.fakes.system import FakeSystem

CASES: dict[str, Callable[[Thing], UseCase]] = {
    lifecycle.BOOT: Boot,
    lifecycle.SETUP: Setup,
    lifecycle.CONNECT: Connect,
    lifecycle.REGISTER: Register,
    lifecycle.RUN: Run,
    lifecycle.UPDATE: Update,
    lifecycle.RECOVER: Recover,
}


class FakeThing(Thing):
    """A Thing with the types of its ports narrowed to fakes."""

    clock: FakeClock
    storage: MemoryStorage
    links: list[FakeLink]  # type: ignore[assignment]
    cloud: FakeCloud
    crypto: FakeCrypto
    system: FakeSystem
    apps: FakeAppHost
    portal: FakePortal
    indicator: FakeIndicator
    console: FakeConsole


def make_thing(**overrides: Any) -> FakeThing:
    """Return a Thing of fakes; `overrides` are arguments of `Thing`, or `seed` for random bytes."""
    clock = overrides.pop("clock", None) or FakeClock()
    seed = overrides.pop("seed", 0)
    arguments: dict[str, Any] = {
        "clock": clock,
        "storage": MemoryStorage(),
        "links": [FakeLink()],
        "cloud": FakeCloud(clock),
        "crypto": FakeCrypto(seed),
        "system": FakeSystem(),
        "apps": FakeAppHost(),
        "portal": FakePortal(clock),
        "indicator": FakeIndicator(),
        "console": FakeConsole(),
        "version": "v2.0.0",
        "default_backend": "cloud.example.org",
        "given": {"aid": "app-1"},
    }
    unknown = set(overrides) - set(arguments)
    assert not unknown, unknown
    arguments.update(overrides)
    thing = FakeThing(**arguments)
    thing.remote = remote
    thing.parameters = Parameters(aid="app-1", tid="T-FAKE")
    return thing


def restarted(thing: FakeThing, cause: str = "restart", **overrides: Any) -> FakeThing:
    """Return the same board after a restart: files and cloud stay, the memory is lost.

    The time of day is kept, except after `power_on`.
    """
    system = FakeSystem(cause, thing.system.tid)
    clock = FakeClock(start_ms=thing.clock.now)
    epoch = thing.clock.epoch()
    if epoch is not None and cause != "power_on":
        clock.set_epoch(epoch)
    ports: dict[str, Any] = {
        "clock": clock,
        "storage": thing.storage.restart(),
        "links": thing.links,
        "cloud": thing.cloud.restart(),
        "crypto": thing.crypto,
        "system": system,
        "apps": thing.apps,
        "portal": thing.portal,
        "console": thing.console,
        "given": thing.given,
        "version": thing.version,
    }
    thing.apps.unload()
    thing.portal.clock = thing.cloud.clock = clock
    ports.update(overrides)
    return make_thing(**ports)


def enter(state: str, thing: Thing) -> UseCase:
    """Return a new use case for a state."""
    return CASES[state](thing)


def explain(error: Exception) -> str:
    """Return the type and text of an unexpected error."""
    return f"{type(error).__name__}: {error}"


def make_runner(
    thing: Thing | None = None,
    enter: Callable[[str, Thing], UseCase] = enter,
    explain: Callable[[Exception], str] = explain,
) -> Runner:
    """Return a runner in the state `boot`."""
    return Runner(thing or make_thing(), enter, explain)


def run_until(runner: Runner, done: Callable[[], object], steps: int = 10_000) -> int:
    """Step until `done()` and return the number of steps; fail after `steps` of them."""
    for count in range(steps):
        if done():
            return count
        runner.step()
    raise AssertionError(f"not done after {steps} steps, in {runner.machine.state}")
