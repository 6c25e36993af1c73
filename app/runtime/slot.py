"""The start of a Linux Thing's OS: the one in its slot, or this one. Never updated over the air.

It calls `app.boards.hosted:start(options)` in each OS, older or newer: a fixed name. An OS on
trial runs in a child process, watched: one that hangs or dies there is rolled back.
"""

from __future__ import annotations

import faulthandler
import importlib
import os
import signal
import sys
import time
import traceback
from contextlib import suppress
from typing import Any

from adapters.linux.notify import notify
from adapters.linux.storage import LinuxStorage
from adapters.linux.system import same_command
from app import PREFIX, shutdown_signals
from app.process_lifetime import end_with
from app.runtime.loader import back, pick
from domain.health import journal as journals
from domain.health.slots import PROVEN
from domain.settings.parameters import Parameters, load

_OURS = ("domain", "ports", "adapters", "app")
_HANGS_S = "120"  # until an OS on trial must have shown that it runs
_PROVEN_S = "120"  # until it has reached the cloud: its own signs of life prove little
_LONGER_S = 600  # where a person holds it, or a modem has to find its network first
_LOOK_S = 0.25


def start(options: dict[str, Any]) -> int:
    """Run the OS and return its exit status; never return where another OS has to be tried."""
    root = options["root"]
    # The OS arms systemd's watchdog itself: an older one in the slot does not feed it.
    notify("READY=1\nWATCHDOG_USEC=0")
    place, trial = pick(root, "app")
    if not place:
        return enter(options, PREFIX)
    if trial:
        return _watched(root, place, options)
    try:
        return _from_slot(root, place, options)
    except Exception as error:  # noqa: BLE001 - whatever it is: there is another OS
        return _next(root, error)


def enter(options: dict[str, Any], prefix: str = "") -> int:
    """Run the OS that an import finds; in a slot its names have no prefix."""
    status: int = importlib.import_module(prefix + "app.boards.hosted").start(options)
    return status


def _from_slot(root: str, place: str, options: dict[str, Any]) -> int:
    for name in list(sys.modules):
        if name.split(".")[0] in _OURS:
            del sys.modules[name]
    sys.dont_write_bytecode = True  # a slot holds verified files only
    sys.path.insert(0, os.path.join(os.path.abspath(root), "os." + place))
    importlib.invalidate_caches()
    return enter(options)


def _next(root: str, error: Exception) -> int:
    traceback.print_exception(type(error), error, error.__traceback__)
    back(root, "it does not start: %r" % error)
    return _again()


def _again() -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    command = same_command()
    os.execv(command[0], command)  # noqa: S606 - ourselves


def _watched(root: str, place: str, options: dict[str, Any]) -> int:
    """Run the OS in a child process, so that its parent survives a hang or a crash."""
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    child = os.fork()
    if not child:
        os._exit(_trial(root, place, {**options, "watched": True}, parent))
    asked: list[int] = []

    def end(signum: int, _frame: Any) -> None:
        asked.append(signum)
        with suppress(ProcessLookupError):  # it has just ended
            os.kill(child, signum)

    for signum in shutdown_signals.signals():
        signal.signal(signum, end)
    seconds = _limit_s(options)
    status = _until_proven(root, place, child, seconds)
    if status is None:
        back(root, "it did not reach the cloud within %d s" % seconds)
    return 0 if status == 0 or asked else _again()


def _limit_s(options: dict[str, Any]) -> float:
    """Return the seconds of a trial: the first exchange includes a call of the app."""
    seconds = float(os.environ.get("PYTHINGS_PROVEN_S", _PROVEN_S))
    found, _ = load(LinuxStorage(options["root"]), options.get("given", {}))
    seconds += max(0, found.app_timeout - Parameters().app_timeout)
    return seconds + (_LONGER_S if options.get("modem") or options.get("hold") else 0)


def _until_proven(root: str, place: str, child: int, seconds: float) -> int | None:
    """Return the exit status of the child; None if it had to be ended. Its own watchdog may wait
    for an hour, or be fed by a thread: only the journal counts."""
    until = time.monotonic() + seconds
    while True:
        slot = journals.load(LinuxStorage(root)).os
        proven = slot.place == place and slot.trial == PROVEN
        found, status = os.waitpid(child, 0 if proven else os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > until:
            os.kill(child, signal.SIGUSR2)  # it writes a traceback
            time.sleep(_LOOK_S)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return None
        time.sleep(_LOOK_S)


def _trial(root: str, place: str, options: dict[str, Any], parent: int) -> int:
    """Run as the child; end with the parent, which alone could end it."""
    end_with(parent)
    seconds = float(os.environ.get("PYTHINGS_TRIAL_S", _HANGS_S))
    faulthandler.dump_traceback_later(seconds, exit=True)
    faulthandler.register(signal.SIGUSR2)
    status = 1
    try:
        status = _from_slot(root, place, options)
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    except Exception as error:  # noqa: BLE001 - as above
        traceback.print_exc()
        back(root, "it does not start: %r" % error)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return status
