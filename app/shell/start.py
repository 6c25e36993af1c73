"""The composition of a shell: the connection, the session, and a script or a prompt."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from adapters.debug.commands import shown
from app import shutdown_signals
from app.shell.connection import Connection, SocketConnection, socket_of
from app.shell.errors import CommandRefused, ShellError
from app.shell.host import CommandResult, Host, Quit
from app.shell.render import legal
from app.shell.session import ShellSession
from app.simulator.console import SimConsole

_SCRIPT_TIMEOUT_S = 60.0
_PROMPT = ("repl", "sync")  # they work without the OS on the board
_NOWHERE = "http://127.0.0.1:9"  # discard port: the shell's own board uses no cloud by default


class ShellOptions:
    """The options of a shell: the arguments, the parameters of a board, the script's commands."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        given: dict[str, str],
        commands: list[list[str]],
        scripted: bool,
    ) -> None:
        self.arguments = arguments
        self.given = given
        self.commands = commands
        self.scripted = scripted

    @property
    def color(self) -> bool:
        """Whether the output is interactive and colours are not switched off."""
        plain = self.arguments.no_color or os.environ.get("NO_COLOR")
        return not (plain or self.scripted or os.environ.get("TERM") == "dumb")


def run(options: ShellOptions) -> int:
    """Run a shell and return its exit status. Raise `ShellError`."""
    shutdown_signals.watch()
    with tempfile.TemporaryDirectory(prefix="pythings-shell-") as folder:
        return _run(options, Path(folder))


def _run(options: ShellOptions, folder: Path) -> int:
    arguments = options.arguments
    connection, name, own = _connection(options, arguments.root or folder)
    person: list[Any] = []
    console = _Log(options)
    session = ShellSession(
        connection,
        console.show,
        lambda value: person[0].news(value) if person else None,
        _password,
    )
    timeout = arguments.timeout
    if timeout is None and options.scripted:
        timeout = _SCRIPT_TIMEOUT_S
    host = Host(session, options.color, timeout)
    started = False
    try:
        prompt = options.scripted and options.commands[:1] and options.commands[0][0] in _PROMPT
        session.start(held=own, greet=not prompt)
        started = True
        if options.scripted:
            return _script(host, options)
        from app.shell.prompt import Prompt

        person.append(Prompt(host, name, options.color))
        status: int = person[0].run()
        return status
    finally:
        if started:
            host.close()
        session.close()
        close: Any = getattr(connection, "close_all", connection.close)
        close()


def _connection(options: ShellOptions, root: Path) -> tuple[Connection, str, bool]:
    """Return the connection, the Thing's name, and whether the shell itself started it."""
    arguments, given = options.arguments, options.given
    if arguments.port:
        from app.shell.mpremote import BoardConnection

        return BoardConnection(arguments.port, arguments.baud), Path(arguments.port).name, False
    if arguments.attach:
        return SocketConnection(socket_of(arguments.attach)), "thing", False
    if arguments.root is None:
        given = {"aid": "shell", "backend": _NOWHERE, **given}
    from app.shell.boards import ChildConnection, SimConnection

    if arguments.board != "linux":
        board, speed = arguments.board, arguments.modem_speed
        return SimConnection(board, root, given, arguments.ca, speed), board, True
    # Absolute, as the child has another working directory than the user's.
    others = ["--ca", str(arguments.ca.absolute())] if arguments.ca else []
    child = ChildConnection(root.absolute(), given, others)
    child.start()
    return child, "linux", True


class _Log:
    """The display of a Thing's log lines."""

    def __init__(self, options: ShellOptions) -> None:
        arguments = options.arguments
        output: Any = sys.stderr if options.scripted else _Stdout()
        self._console: Any = SimConsole(output, False, 20)
        self._wanted = arguments.verbose or not options.scripted

    def show(self, line: str) -> None:
        if self._wanted:
            self._console.show(line)


class _Stdout:
    """The current standard output, looked up at each call: the line editor replaces it."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()

    def isatty(self) -> bool:
        return sys.stdout.isatty()

    def fileno(self) -> int:
        raise OSError("not to be waited for")


def _script(host: Host, options: ShellOptions) -> int:
    status = 0
    for words in options.commands:
        try:
            _show(host.run(words), options)
        except Quit:
            break
        except ShellError as error:
            status = 1
            _show_error(words, error, options)
            if options.arguments.stop:
                break
    return status


def _show(result: CommandResult, options: ShellOptions) -> None:
    if options.arguments.json:
        answer = {"command": shown(result.words), "ok": True, "answer": result.value}
        if result.items:
            answer["items"] = result.items
        _print(json.dumps(answer))
    elif result.text:
        _print(result.text)


def _show_error(words: list[str], error: ShellError, options: ShellOptions) -> None:
    if options.arguments.json:
        said = (
            error.answer
            if isinstance(error, CommandRefused)
            else {"code": "shell", "text": str(error)}
        )
        _print(json.dumps({"command": shown(words), "ok": False, "answer": said}))
    else:
        _print("%s%s" % (error, legal(error)))


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _password() -> str:
    found = os.environ.get("PYTHINGS_SHELL_PASSWORD")
    if found is None and sys.stdin.isatty():
        found = getpass.getpass("The board's password: ")
    return found or ""
