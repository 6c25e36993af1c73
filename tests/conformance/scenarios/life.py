# Untyped: the fakes implement no port completely. Running them checks their results.
# mypy: no-check-untyped-defs
"""Whole lives with scripted ports: boot to recover, with restarts in between."""

from __future__ import annotations

from domain.runner import Runner
from domain.states.boot import Boot
from domain.states.connect import Connect
from domain.states.recover import Recover
from domain.states.register import Register
from domain.states.run import Run
from domain.states.setup import Setup
from domain.states.update import Update
from domain.thing import Thing
from tests.conformance.scenarios.board import (
    ScriptedApps,
    ScriptedClock,
    ScriptedCloud,
    ScriptedConsole,
    ScriptedCrypto,
    ScriptedIndicator,
    ScriptedLink,
    ScriptedPortal,
    ScriptedStorage,
    ScriptedSystem,
    World,
)
from tests.conformance.scenarios.shown import show

CAUSES = ("power_on", "restart", "crash", "watchdog", "stopped")


def enter(state, thing):
    """Return the use case of a state."""
    kinds = {
        "boot": Boot,
        "setup": Setup,
        "connect": Connect,
        "register": Register,
        "run": Run,
        "update": Update,
        "recover": Recover,
    }
    return kinds[state](thing)


def explain(error):
    """Return a text that the tests search for: no scripted life may have an unforeseen error."""
    return "unforeseen: " + show(error)


def make(world, cause, given):
    """Return a Thing on a scripted board."""
    ports = (
        ScriptedClock(world),
        ScriptedStorage(world),
        [ScriptedLink(world, "wifi"), ScriptedLink(world, "cellular")],
        ScriptedCloud(world),
        ScriptedCrypto(world),
        ScriptedSystem(world, cause),
        ScriptedApps(world),
        ScriptedPortal(world),
        ScriptedIndicator(world),
        ScriptedConsole(world),
        "v2.0.0",
        "cloud.example.org",
        given,
    )
    return Thing(*ports)


def run(out, cases):
    """Trace each life; a case is (script, steps, numbers of the steps with a power cut)."""
    for number, case in enumerate(cases):
        script, steps, cuts = case
        out("life %d" % number)
        world = World(script, out)
        thing = make(world, "power_on", {"aid": "app-1"})
        runner = Runner(thing, enter, explain)
        for step in range(steps):
            if world.restarted or step in cuts:
                cause = "restart" if world.restarted else CAUSES[world.luck() % 5]
                world.restarted = False
                world.registered = world.identified = False
                world.salt = ""
                out("starts: %s" % cause)
                thing = make(world, cause, {"aid": "app-1"})
                runner = Runner(thing, enter, explain)
            out("%s -> %s" % (runner.machine.state, runner.step()))
        for name in sorted(world.stored):
            out("%s %d" % (name, len(world.stored[name])))
