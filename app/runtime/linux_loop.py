"""Lives a Thing's life in this process, until it is told to stop."""

from __future__ import annotations

import signal
import traceback
from types import FrameType
from typing import Any, Callable

from app import shutdown_signals
from domain.app.app import keep_readings
from domain.health.journal import forgive
from domain.levels import INFO
from domain.runner import Runner
from domain.thing import Thing


class Stop(BaseException):
    """A signal asks the Thing to end."""


class Gate:
    """Lets a signal interrupt the Thing only while it waits for the world outside.

    Anywhere else it could come between two steps that belong together, such as writing a reading
    to the storage and taking it out of memory.
    """

    def __init__(self) -> None:
        self._open = False
        self._asked = ""

    def signal(self, signum: int, _frame: FrameType | None) -> None:
        """The handler of the signals that ask it to end."""
        self._asked = signal.Signals(signum).name
        if self._open:
            self.check()

    def check(self) -> None:
        """Raises `Stop` if a signal has come."""
        if self._asked:
            self._open = False
            raise Stop(self._asked)

    def shut(self) -> None:
        """From now on nothing is interrupted."""
        for signum in shutdown_signals.signals():
            signal.signal(signum, signal.SIG_IGN)
        self._asked = ""

    def through(self, port: Any) -> Any:
        """`port`, whose calls may be interrupted from now on."""
        return _Gated(self, port)

    def call(self, method: Any, *arguments: Any) -> Any:
        """Call `method` with the gate open."""
        self._open = True
        try:
            self.check()
            return method(*arguments)
        finally:
            self._open = False


class _Gated:
    def __init__(self, gate: Gate, port: Any) -> None:
        self._gate = gate
        self._port = port

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        return lambda *arguments: self._gate.call(method, *arguments)


def live(runner: Runner, turn: Callable[[], object] | None = None) -> int:
    """Step for ever; gives the exit status when a signal asks it to end.

    `turn`: the function to call in each turn instead of a step.
    """
    thing, gate = runner.thing, Gate()
    turn = turn or runner.step
    for signum in shutdown_signals.signals():
        signal.signal(signum, gate.signal)
    thing.clock = gate.through(thing.clock)
    thing.cloud = gate.through(thing.cloud)
    thing.apps = gate.through(thing.apps)
    thing.links = [gate.through(link) for link in thing.links]
    try:
        while True:
            gate.check()
            turn()
    except Stop as stop:
        gate.shut()
        end(thing)
        thing.tell(INFO, "stopped", signal=str(stop))
        return 0
    finally:
        gate.shut()
        thing.apps.unload()
        thing.cloud.forget()


def end(thing: Thing) -> None:
    """Leave nothing undone: readings in memory go to the storage, the end is noted."""
    if not thing.starting:
        keep_readings(thing)
        # Somebody is looking after it: nothing of the past stands in the way of the next start.
        thing.journal.starts = thing.journal.tries = 0
        forgive(thing.journal)
        thing.save_journal()
    thing.system.stopped()


def explain(error: Exception) -> str:
    """Return the place that raised an unexpected error."""
    return "".join(traceback.format_exception(type(error), error, error.__traceback__)[-4:])
