"""The host's end before a Thing of fakes in this process."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable

from adapters.debug.port_recorder import Tap
from adapters.debug.shell import Shell, WatchedClock
from adapters.debug.wire import unseal
from app.shell.errors import Gone
from app.shell.host import CommandResult, Host
from app.shell.session import ShellSession
from tests.fakes.thing import FakeThing, make_runner, make_thing, restarted

Change = Callable[[str], "str | None"]


class LocalConnection:
    """A Thing that runs while the caller waits for its lines. `typed` and `said` change a line, or
    lose it (None); `restart()` and `pull()` are for a test."""

    def __init__(self, thing: FakeThing | None = None, policy: str = "open") -> None:
        self.silent = False
        self.thing = thing or make_thing()
        self.policy = policy
        self.typed: Change = lambda line: line
        self.said: Change = lambda line: line
        self.requests: list[list[str]] = []
        self.opened = 0
        self.out = False
        self._lines: list[str] = []
        self.written: list[str] = []
        self._starts = self._gone = False
        self._run()

    def _run(self) -> None:
        self._greeted = False
        self.runner = make_runner(self.thing)
        self.shell = Shell(self.runner, self._read, self._write, self.policy, lambda: None)
        self.thing.console.events.clear()
        self.thing.system.on_restart = self._restarts

    def _read(self) -> str | None:
        return self._lines.pop(0) if self._lines else None

    def _write(self, line: str) -> None:
        said = self.said(line)
        if said is not None:
            self.written.append(said)

    def _restarts(self) -> None:
        self._starts = True

    def restart(self) -> None:
        """Restart at the next `receive`, as by the reset button."""
        self._starts = True

    def open(self) -> None:
        self.opened += 1
        if self.out:
            raise Gone("the cable is out")
        self._gone = False

    def receive(self, _wait_s: float) -> list[str]:
        if self.out:
            self._lines.clear()
            self._gone = True
        if self._starts:
            self._starts = False
            _untap(self.thing)
            self.thing = restarted(self.thing)
            self._lines.clear()
            self._run()
            self._gone = not self.silent
            self._greeted = self.silent  # a silent restart: it goes on at once
        if self._gone:
            raise Gone("gone")
        if self._lines:
            self._greeted = True
        if self._greeted:  # as on a board: early input is there before the first step
            self.shell.turn()
        for level, name, fields in self.thing.console.events:
            self.written.append(json.dumps({**fields, "event": name, "level": level}))
        self.thing.console.events.clear()
        written, self.written = self.written, []
        if not written:
            time.sleep(0.0005)
        return written

    def send(self, line: str) -> None:
        text = unseal(line)
        self.requests.append(json.loads((text or " null").split(" ", 1)[1]))
        typed = self.typed(line)
        if typed is not None:
            self._lines += typed.split("\n")

    def close(self) -> None:
        pass

    def power_cut(self) -> None:
        self.restart()


def _untap(thing: Any) -> None:
    """Remove the wrappers that the shell put around the ports for one run."""

    def bare(port: Any) -> Any:
        while isinstance(port, (Tap, WatchedClock)):
            port = port.port if isinstance(port, Tap) else port.inner
        return port

    for name in ("clock", "storage", "cloud", "crypto", "system", "apps", "portal"):
        setattr(thing, name, bare(getattr(thing, name)))
    thing.links = [bare(link) for link in thing.links]


class Person:
    """A user at a shell."""

    def __init__(self, connection: LocalConnection, password: str = "", timeout: float = 100):
        self.connection = connection
        self.logs: list[str] = []
        self.news: list[dict[str, Any]] = []
        self.session = ShellSession(
            connection, self.logs.append, self.news.append, lambda: password
        )
        self.host = Host(self.session, timeout=timeout)

    def do(self, line: str) -> CommandResult:
        return self.host.run(line.split())

    def text(self, line: str) -> str:
        return self.do(line).text


@contextmanager
def person(
    connection: LocalConnection | None = None, held: bool = True, **options: Any
) -> Iterator[Person]:
    """Yield a user with a session that has greeted its Thing."""
    found = Person(connection or LocalConnection(), **options)
    try:
        found.session.start(held)
        yield found
    finally:
        found.session.close()
