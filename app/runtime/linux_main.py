"""A Thing on a machine that has an operating system, from its options to its end."""

from __future__ import annotations

import sys
from typing import Any, Callable

from adapters.linux.shellsocket import ShellSocket
from app.boards import linux, raspberrypi
from app.boards.cellular import Cellular
from app.runtime.linux_loop import explain, live
from domain.debug.shell import Shell
from domain.levels import WARNING
from domain.runner import Runner
from domain.thing import Thing

WATCHDOG_MS = 4000000  # of an OS on trial; a call of the app may take an hour

BOARDS: dict[str, Callable[..., Thing]] = {
    "linux": linux.compose,
    "raspberrypi": raspberrypi.compose,
}


def start(options: dict[str, Any]) -> int:
    """Gives the exit status. What calls this may be older or newer: what it does not say is as by
    default, and what we do not know is passed over. `watched`: this OS is on trial."""
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
    )
    if watched:
        thing.system.watchdog(WATCHDOG_MS)
    door = ShellSocket(options["root"])
    return _live(Runner(thing, linux.enter, explain), door, options.get("hold", False))


def _live(runner: Runner, door: ShellSocket, hold: bool) -> int:
    """With a door for the debug shell; a Thing lives without one, too."""
    console: Any = runner.thing.console
    problem = door.open()
    if problem:
        console.event(WARNING, "shell", {"text": problem})
    console.listener = door.event
    system: Any = runner.thing.system
    system.farewell = door.close  # what runs anew in this process ends no `try`
    shell = Shell(runner, door.line, door.write, "open", lambda: None)
    if hold:
        shell.hold()
    try:
        return live(runner, shell.turn)
    finally:
        door.close()
