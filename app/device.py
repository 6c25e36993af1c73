"""Lives a Thing's life in this process, until it is told to stop."""

from __future__ import annotations

import signal
import traceback
from types import FrameType

from domain.app import keep_readings
from domain.levels import INFO
from domain.runner import Runner
from domain.thing import Thing


class Stop(BaseException):
    """A signal asks the Thing to end."""


def live(runner: Runner) -> int:
    """Step for ever; gives the exit status when SIGTERM or SIGINT comes.

    The signal interrupts whatever goes on: everything that must be whole is written atomically.
    """
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, _stop)
    thing = runner.thing
    try:
        while True:
            runner.step()
    except Stop as stop:
        _ignore_signals()
        end(thing)
        thing.tell(INFO, "stopped", signal=str(stop))
        return 0
    finally:
        _ignore_signals()
        thing.apps.unload()
        thing.cloud.forget()


def end(thing: Thing) -> None:
    """Leave nothing undone: readings in memory go to the storage, the end is noted."""
    if not thing.starting:
        keep_readings(thing)
        thing.save_journal()
    thing.system.stopped()


def explain(error: Exception) -> str:
    """Where an error that nobody foresaw came from."""
    return "".join(traceback.format_exception(type(error), error, error.__traceback__)[-4:])


def _stop(signum: int, _frame: FrameType | None) -> None:
    raise Stop(signal.Signals(signum).name)


def _ignore_signals() -> None:
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, signal.SIG_IGN)
