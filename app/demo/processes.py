"""Child processes that report JSON events, and waiting for such events."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from typing import Any, Callable

from app import place, process_lifetime
from app.cloud.api.body import parse_json

PATIENCE_S = 60.0  # for any event that takes a few seconds on an idle machine

PROJECT = place.SOURCE

Event = dict[str, Any]


class NotSeen(Exception):
    """An expected event did not occur; the text lists the last ones instead."""


class Child:
    """A `pythings` command with `--json`, its events as they arrive, and its output on stderr."""

    def __init__(
        self,
        arguments: list[str],
        on_event: Callable[[Event], None] | None = None,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.name = arguments[0]
        self.events: list[Event] = []
        self._on_event = on_event
        self._news = threading.Condition()
        self._ended = False
        self._errors: list[str] = []
        self._process = process_lifetime.start(
            place.command(*arguments, "--json"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            cwd=place.SOURCE,
            env={**os.environ, **(environment or {})},
            start_new_session=True,  # Ctrl-C is for the parent to handle: it ends children in turn
            text=True,
        )
        self._readers = [
            threading.Thread(target=self._read_events, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether it has ended, and all its events have been read."""
        return self._ended

    def wait_for(
        self, what: str, matches: Callable[[Event], bool], timeout: float, since: int = 0
    ) -> Event:
        """Return the first event from number `since` on that matches; raise `NotSeen` for none."""
        deadline = time.monotonic() + timeout
        with self._news:
            while True:
                for event in self.events[since:]:
                    if matches(event):
                        return event
                since = len(self.events)
                left = deadline - time.monotonic()
                if left <= 0 or self._ended:
                    raise NotSeen("%s: not seen; %s" % (what, self.last_words()))
                self._news.wait(left)

    def last_words(self) -> str:
        """Return the last events and errors, for an error message."""
        errors = "".join(self._errors[-8:]).strip()
        events = " | ".join(json.dumps(event) for event in self.events[-3:])
        state = "%s has ended" % self.name if self._ended else "%s runs" % self.name
        return "%s, its last events: %s %s" % (state, events or "none", errors)

    def stop(self, timeout: float = PATIENCE_S) -> int:
        """Ask the process to end, wait, and return its exit status."""
        return self._end(signal.SIGTERM, timeout)

    def kill(self) -> int:
        """Kill the process, as a power cut would."""
        return self._end(signal.SIGKILL, PATIENCE_S)

    def _end(self, signum: int, timeout: float) -> int:
        if self._process.poll() is None:
            self._process.send_signal(signum)
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        for reader in self._readers:
            reader.join(timeout)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe:
                pipe.close()
        return status

    def _read_events(self) -> None:
        assert self._process.stdout
        try:
            for line in self._process.stdout:
                self._on_line(line)
        except OSError:  # raised by `on_event`, as the terminal is gone
            pass
        finally:
            with self._news:
                self._ended = True
                self._news.notify_all()

    def _on_line(self, line: str) -> None:
        try:
            event = parse_json(line)
            if not isinstance(event, dict) or "event" not in event:
                raise ValueError
        except ValueError:
            event = {"event": "not_json", "text": line}
        if self._on_event:
            self._on_event(event)
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def _read_errors(self) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            self._errors = self._errors[-100:] + [line]
