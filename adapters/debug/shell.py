"""The device end of the debug shell: holds the Thing, lets it go, answers requests."""

from __future__ import annotations

import json
from typing import Any, Callable

from adapters.debug.wire import DONE, ITEM, MARK, NEWS, NOTE, REFUSED, request, seal
from domain.errors import IllegalEvent, ThingError
from domain.runner import Runner

LATER = "\x00later"  # returned by a command that has answered by itself, or will
TRACE = 32  # transitions that are remembered
LOOK = 3  # lines that are read in one turn: noise must not take the Thing's time
SLICE_MS = 50  # how soon a request is seen while the Thing sleeps
PATIENCE_MS = 600000  # without a request for so long, the Thing is not held any more


class Shell:
    """The replacement of `runner.step` in the loop around a Thing.

    `read()` returns a line or None, `write(line)` takes one; neither blocks. `policy`: the clients
    that are admitted: `open`, `off`, or `salt:key`; "" for the policy in the board file. `tidy()`
    is called after each answer, to unload the code that was loaded for it.
    """

    def __init__(
        self,
        runner: Runner,
        read: Callable[[], str | None],
        write: Callable[[str], Any],
        policy: str,
        tidy: Callable[[], Any],
    ) -> None:
        self.runner = runner
        self.thing = runner.thing
        self.read = read
        self.write = write
        self.policy = policy
        self.tidy = tidy
        self.allowed = policy == "open"
        self.nonce = b""
        self.login_at = 0  # monotonic ms; no other try before that
        self.held = False
        self.breaks: list[str] = []
        self.until: tuple[str, str] | None = None  # (id of the request, state or event)
        self.trace: list[tuple[int, str, str, str, str]] = []
        self.faults: list[str] = []
        self.tapped = False
        self.recording = False
        self.quiet = False  # `record` writes nothing now
        self.steps = 0
        self.notes = 0  # of the recording
        self.partial: tuple[str, int] = ("", 0)  # the file that `put` receives, and its length
        self.asked = False  # a request came lately
        self.waiting: str | None = None
        self.clock = self.thing.clock
        self.system = self.thing.system
        self.heard = 0  # monotonic ms
        self.patience_ms = PATIENCE_MS
        self.ident = self.answered = ""
        self.items = 0
        clock: Any = WatchedClock(self.clock, self)
        self.thing.clock = clock
        self.thing.shell = self

    def hold(self, patience_ms: int = PATIENCE_MS) -> None:
        """Hold the Thing until it is told otherwise, or no request comes for so long."""
        self.held = self.asked = True
        self.heard = self.clock.monotonic()
        self.patience_ms = patience_ms

    def turn(self) -> None:
        """Run the loop once: answer one request, then let the Thing go on unless it is held."""
        if self.listen():
            line, self.waiting = self.waiting, None
            self.obey(line or "")
        elif self.asked and self.clock.monotonic() - self.heard >= self.patience_ms:
            self.asked = self.held = False
            self.faults = []
            self.allowed = self.policy == "open"  # the next client may be another one
            self.answered = ""
        if self.held:
            self.system.feed()
            self.clock.sleep(SLICE_MS // 5)
        else:
            self.step()

    def listen(self) -> bool:
        """Return whether a request waits; skip lines that may be noise."""
        for _ in range(LOOK):
            if self.waiting is None:
                line = self.read()
                self.waiting = line if line and MARK in line else None
        return self.waiting is not None

    def step(self) -> str | None:
        """Run one step of the Thing; return the event that it led to."""
        before, trouble = self.runner.machine.state, self.thing.trouble
        self.steps += 1
        self.record("step")
        event = self.runner.step()
        if event is not None:
            error = self.thing.trouble
            self.moved(before, event, "" if error is None or error is trouble else error.text)
        return event

    def moved(self, before: str, event: str, why: str) -> None:
        """Record a transition; stop where a break or a client waits for it."""
        state = self.runner.machine.state
        now = self.clock.monotonic()
        self.trace = self.trace[1 - TRACE :] + [(now, before, event, state, why)]
        self.record("to", before, event, state)
        hit = [name for name in self.breaks if name in (state, event)]
        until = self.until
        if not hit and (until is None or until[1] not in (state, event)):
            return
        self.held = True
        self.until = None
        news = {"old": before, "event": event, "state": state, "why": why, "break": bool(hit)}
        line = self.reply(until[0] if until else NEWS, DONE, news)
        if until and until[0] == self.ident:
            self.answered = line

    def obey(self, line: str) -> None:
        """Answer a request; ignore an invalid one."""
        asked = request(line)
        if asked is None:
            return
        self.heard, self.asked = self.clock.monotonic(), True
        if asked[0] == self.ident:
            if self.answered:
                self.write(self.answered)
            return
        self.ident, words = asked
        self.answered = ""
        self.items = 0
        kind, value = REFUSED, None
        try:
            value = self.answer(words)
            kind = DONE
        except IllegalEvent as error:
            legal = self.runner.machine.events()
            value = {"code": "illegal", "text": str(error), "legal": legal}
        except ThingError as error:
            value = {"code": error.code, "text": error.text}
        except MemoryError:
            value = {"code": "memory", "text": "there is no memory for this now"}
        except Exception as error:  # noqa: BLE001 - our own bug must not end the Thing
            value = {"code": "bug", "text": self.runner.explain(error)}
        if value != LATER:
            self.answered = self.reply(self.ident, kind, value)
        self.tidy()

    def answer(self, words: list[str]) -> Any:
        """Return JSON, or LATER. Raises `ThingError`, `IllegalEvent` or MemoryError."""
        if words[0] in ("hello", "login") or not self.allowed:
            from adapters.debug.login import login

            return login(self, words)
        from adapters.debug.commands import command

        return command(self, words)

    def item(self, value: Any) -> None:
        """Send a part of the answer."""
        self.reply(self.ident, ITEM, value)
        self.items += 1

    def reply(self, ident: str, kind: str, value: Any) -> str:
        """Write an answer; return its line."""
        count = 0 if ident == NEWS else self.items
        line = seal("%s %s %d %s" % (ident, kind, count, json.dumps(value)))
        self.write(line)
        return line

    def record(self, *what: Any) -> None:
        """Write a part of the recording, if there is one."""
        if self.recording and not self.quiet:
            self.write(seal("%s %s %d %s" % (NOTE, ITEM, self.notes, json.dumps(what))))
            self.notes += 1


class WatchedClock:
    """A clock with a sleep that ends as soon as a request comes."""

    def __init__(self, clock: Any, shell: Shell) -> None:
        self.inner = clock
        self.shell = shell

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def sleep(self, ms: int) -> None:
        """Sleep in slices while a client is active; return early for its request."""
        if not self.shell.asked:
            self.inner.sleep(ms)
            return
        until = self.inner.monotonic() + ms
        left = ms
        while left > 0 and not self.shell.listen():
            self.inner.sleep(min(left, SLICE_MS))
            left = until - self.inner.monotonic()
