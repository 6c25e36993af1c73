"""A Thing on a machine that has an operating system, from its options to its end."""

from __future__ import annotations

import os
import sys
from typing import Any, Callable

from adapters.debug.remote import remote
from adapters.debug.shell import Shell
from adapters.linux.shellsocket import ShellSocket
from app.boards import linux, raspberrypi
from app.boards.cellular import Cellular
from app.runtime.linux_loop import explain, live
from domain.levels import WARNING
from domain.runner import Runner
from domain.settings.parameters import load
from domain.thing import Thing

_STEP_MS = 300000  # of the OS's own; as on boards, a step also takes a call of the app
WATCHDOG_MS = 4000000  # of an OS on trial; a call of the app may take an hour

BOARDS: dict[str, Callable[..., Thing]] = {
    "linux": linux.compose,
    "raspberrypi": raspberrypi.compose,
}


def start(options: dict[str, Any]) -> int:
    """Run the Thing and return the exit status. The caller may be older or newer: missing options
    are as by default, unknown ones are ignored. `watched`: this OS is on trial."""
    watched = options.get("watched", False)
    modem = options.get("modem")
    thing = BOARDS[options.get("board", "linux")](
        options["root"],
        options.get("given", {}),
        sys.stdout,
        as_json=options.get("json", False),
        level=options.get("level", 20),
        ca=options.get("ca"),
        supervised=options.get("supervised", False) or watched,
        modem=Cellular(**modem) if modem else None,
        sleeps=options.get("sleeps", False),
    )
    if watched:
        thing.system.watchdog(WATCHDOG_MS)
    elif "NOTIFY_SOCKET" in os.environ:
        app_s = load(thing.storage, thing.given)[0].app_timeout
        thing.system.watchdog(_STEP_MS + app_s * 1000)
    door = ShellSocket(options["root"])
    return _live(Runner(thing, linux.enter, explain), door, options.get("hold", False))


def _live(runner: Runner, door: ShellSocket, hold: bool) -> int:
    """Run with the socket of the debug shell; a failure to open it does not stop the Thing."""
    console: Any = runner.thing.console
    problem = door.open()
    if problem:
        console.event(WARNING, "shell", {"text": problem})
    console.listener = door.event
    system: Any = runner.thing.system
    system.farewell = door.close  # a command run again in this process ends no `try`
    shell = Shell(runner, door.line, door.write, "open", lambda: None)
    runner.thing.remote = remote
    if hold:
        shell.hold()
    try:
        return live(runner, shell.turn)
    finally:
        door.close()
