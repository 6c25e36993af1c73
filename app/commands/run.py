"""`pythings run`: this machine as a Thing."""

from __future__ import annotations

import argparse
import fcntl
import sys
from pathlib import Path
from typing import IO, Any, Callable

from adapters.linux.shellsocket import ShellSocket
from app.boards import linux, raspberrypi
from app.commands import runoptions
from app.device import explain, live
from domain.debug.shell import Shell
from domain.levels import WARNING
from domain.runner import Runner
from domain.thing import Thing

_BOARDS: dict[str, Callable[..., Thing]] = {
    "linux": linux.compose,
    "raspberrypi": raspberrypi.compose,
}

# Exit statuses.
_CANNOT = 1
_WRONG_USAGE = 2


def main(argv: list[str]) -> int:
    """Run in the foreground until told to stop."""
    options = runoptions.parser(_BOARDS).parse_args(argv)
    given = runoptions.given(options)
    modem = runoptions.modem(options)
    problem = runoptions.wrong(given) or runoptions.modem_problem(modem)
    if problem:
        return _end(problem, _WRONG_USAGE)
    lock, problem = _lock(options.root)
    if lock is None:
        return _end(problem, _CANNOT)
    with lock:
        return _run(options, given, modem)


def _run(options: argparse.Namespace, given: dict[str, str], modem: Any) -> int:
    root = options.root
    ca = runoptions.ca(options)
    problem = runoptions.without_app(root, given) or runoptions.ca_problem(ca)
    if problem:
        return _end(problem, _WRONG_USAGE)
    level, problem = runoptions.log_level(root, given)
    thing = _BOARDS[options.board](
        str(root),
        given,
        sys.stdout,
        as_json=options.json,
        level=runoptions.LEVELS[level],
        ca=ca,
        supervised=options.supervised,
        modem=modem,
    )
    if problem:
        thing.tell(WARNING, "parameter", text=problem)
    return _live(Runner(thing, linux.enter, explain), ShellSocket(str(root)), options.hold)


def _live(runner: Runner, door: ShellSocket, hold: bool) -> int:
    """With a door for the debug shell; a Thing lives without one, too."""
    console: Any = runner.thing.console
    problem = door.open()
    if problem:
        console.event(WARNING, "shell", {"text": problem})
    console.listener = door.event
    shell = Shell(runner, door.line, door.write, "open")
    if hold:
        shell.hold()
    try:
        return live(runner, shell.turn)
    finally:
        door.close()


def _end(problem: str, status: int) -> int:
    """Say why it ends, where a person reads it; gives the status back."""
    sys.stderr.write("pythings run: %s\n" % problem)
    return status


def _lock(root: Path) -> tuple[IO[str] | None, str]:
    """The folder for us alone: held for as long as it is open, and gone with the process. None, and
    why not, if the folder cannot be used or another Thing has it."""
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = open(root / "lock", "w")  # noqa: SIM115 - closed by the end of the process
    except OSError as error:
        reason = "the folder %s cannot be used: %s - choose another with --root"
        return None, reason % (root, error.strerror)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None, "another Thing runs in %s - stop it first" % root
    return lock, ""
