"""The main loop of a Thing in this process, until a signal tells it to stop."""

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
    """The request of a signal to end the Thing."""


class Gate:
    """A gate that lets a signal interrupt the Thing only while it waits for the world outside.

    Anywhere else it could come between two steps that belong together, such as writing a reading
    to the storage and taking it out of memory.
    """

    def __init__(self) -> None:
        self._open = False
        self._asked = ""

    def signal(self, signum: int, _frame: FrameType | None) -> None:
        """Handle a signal that asks the Thing to end."""
        self._asked = signal.Signals(signum).name
        if self._open:
            self.check()

    def check(self) -> None:
        """Raise `Stop` if a signal has come."""
        if self._asked:
            self._open = False
            raise Stop(self._asked)

    def shut(self) -> None:
        """Ignore all signals from now on, so that nothing is interrupted."""
        for signum in shutdown_signals.signals():
            signal.signal(signum, signal.SIG_IGN)
        self._asked = ""

    def through(self, port: Any) -> Any:
        """Return `port` with calls that may be interrupted by a signal."""
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
    """Step for ever; return the exit status when a signal asks the Thing to end.

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
    """Save the readings in memory, and note the end."""
    if not thing.starting:
        keep_readings(thing)
        # A user has stopped it: earlier failures must not stand in the way of the next start.
        thing.journal.starts = thing.journal.tries = 0
        forgive(thing.journal)
        thing.save_journal()
    thing.system.stopped()


def explain(error: Exception) -> str:
    """Return the place that raised an unexpected error."""
    return "".join(traceback.format_exception(type(error), error, error.__traceback__)[-4:])
