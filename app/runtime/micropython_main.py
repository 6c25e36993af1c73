"""The main loop of all boards with MicroPython.

A board's `main.py` calls `live(compose(...))`. `compose` lies in a file of its own, which is
unloaded; so no object that stays may refer to it.
"""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Any

from adapters.debug.remote import remote
from adapters.debug.shell import Shell
from adapters.debug.wire import MARK
from adapters.micropython.apploader import trace
from build.slim.runtime import PLENTY
from domain.app.app import keep_readings
from domain.levels import INFO
from domain.lifecycle import BOOT, CONNECT, RECOVER, REGISTER, RUN, SETUP
from domain.runner import Runner
from domain.states.boot import Boot
from domain.states.connect import Connect
from domain.states.recover import Recover
from domain.states.register import Register
from domain.states.run import Run
from domain.states.setup import Setup
from domain.states.update import Update
from domain.thing import Thing

if TYPE_CHECKING:
    from domain.runner import UseCase

_LATE = "pt_"  # the slim build's prefix of lazily loaded files
_WATCHDOG_MS = 300000  # a step takes two exchanges of 30 s, and a call of the app


def live(thing: Thing) -> None:
    """Step for ever; return on Ctrl-C."""
    runner = Runner(thing, _entered, explain)
    system: Any = thing.system
    system.watchdog(_WATCHDOG_MS)
    thing.remote = _remote
    turn: Any = None  # of the debug shell
    try:
        while True:
            line = None if turn else thing.console.line()
            if line and MARK in line:
                turn = _debugged(runner, line)
            elif turn:
                turn()
            else:
                runner.step()
    except KeyboardInterrupt:
        thing.apps.unload()
        if not thing.starting:
            keep_readings(thing)
            thing.save_journal()
        system.stopped()
        thing.tell(INFO, "stopped")
    except Exception:  # noqa: BLE001 - no memory left even to tell: anything but a dead Thing
        system.crash()


def _debugged(runner: Runner, line: str) -> Any:
    """Load the debug shell on request; return the function to call in each turn from now on."""
    shell = Shell(runner, runner.thing.console.line, print, "", _drop)
    shell.obey(line)
    return shell.turn


def _remote(thing: Thing, mid: str, source: str, commands: str) -> str:
    """Answer a command from the cloud; like `_entered`, for the code to be unloaded again."""
    return remote(thing, mid, source, commands)


def _entered(state: str, thing: Thing) -> UseCase:
    """Look the function up at each call: a reference to it would keep all the code of its file."""
    return enter(state, thing)


def enter(state: str, thing: Thing) -> UseCase:
    """Return the use case of a state; unload the code of all others. With plenty of memory, the
    code that has composed the Thing stays for `boot`, which needs most of it."""
    if not PLENTY or state != BOOT:
        _drop()
    if state == BOOT:
        return Boot(thing)
    if state == SETUP:
        return Setup(thing)
    if state == CONNECT:
        return Connect(thing)
    if state == REGISTER:
        return Register(thing)
    if state == RUN:
        return Run(thing)
    if state == RECOVER:
        return Recover(thing)
    return Update(thing)


def _drop() -> None:
    """Unload all lazily loaded modules."""
    for name in [name for name in sys.modules if name.startswith(_LATE)]:
        sys.modules[name] = None  # type: ignore[assignment] # `del` leaves the value in its place
        del sys.modules[name]
    gc.collect()


def explain(error: Exception) -> str:
    """Return the place that raised an unexpected error."""
    return trace(error)
