"""Requests to a Thing over its console, and their answers, despite noise, restarts, lost cables."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable

from adapters.debug.wire import MAX_REQUEST, NEWS, NOTE, REFUSED, seal
from app.shell.answers import AnswerParts, Answers, boots, heard
from app.shell.connection import Connection, patient
from app.shell.errors import CommandRefused, Gone, ShellError
from app.shell.greeting import Ask, Greeting
from app.shell.waiting import InterruptibleCondition

ANSWER_S = 60.0  # a step of a Thing takes two exchanges of 30 s at most
SCAN_S = 100.0  # a modem may have to be woken first
AGAIN_S = 2.0  # until the retry of a request
HELLO_S = 0.3  # the same, while a board starts: its first step comes soon
START_S = 15.0  # until a Thing restarts after the request
LOOK_S = 0.1
# Idempotent requests, which may be sent again.
_AGAIN = (
    *("hello", "until", "state", "events", "trace", "settings", "slots", "journal", "queue"),
    "trust",
    *("mem", "breaks", "params", "get", "ls", "cat", "log", "hold", "auto", "break", "clear"),
    *("set", "net"),
)

_NEWS = ("old", "event", "state", "why")  # of a break: texts


class ShellSession:
    """The session with one Thing. Callbacks, called from other threads: `on_log(line)` for all
    other lines, `on_news(value)` for each break, `on_note(number, note)` for a recording,
    `on_start(ask)` at each start, while the Thing is held. `ask_password()` returns a password, or
    an empty text."""

    def __init__(
        self,
        connection: Connection,
        on_log: Callable[[str], None],
        on_news: Callable[[dict[str, Any]], None],
        ask_password: Callable[[], str] = lambda: "",
    ) -> None:
        self.connection = connection
        self.hello: dict[str, Any] = {}
        self.held = False  # the hold that we want, also after the next start
        self.breaks: list[str] = []
        self.on_note: Callable[[int, Any], None] | None = None
        self.on_start: Callable[[Ask], None] | None = None
        self._on_log = on_log
        self._on_news = on_news
        self._greeting = Greeting(ask_password)
        self._answers = Answers()
        self.news = InterruptibleCondition()
        self._turn = threading.RLock()
        self._lives = 0  # connections so far
        self._greeted = 0  # the last connection that was greeted
        self._problem = ""
        self._ended = False
        self._paused = self._resting = False
        self.lent = False  # the caller of `paused` has the connection
        self._reader = threading.Thread(target=self._read, daemon=True)

    def start(self, held: bool, greet: bool = True) -> None:
        """Connect, and greet the Thing unless told otherwise. Raise `ShellError`."""
        self.held = held
        patient(self.connection, 0)
        self._lives = 1
        self._reader.start()
        if greet:
            with self._turn:
                self._greet(1)

    @property
    def greeted(self) -> bool:
        """Whether the Thing has answered the greeting on the current connection."""
        return self._greeted == self._lives and not self._problem

    def close(self) -> None:
        """Close the connection; the Thing goes on by itself."""
        self._ended = True
        if self._reader.ident:
            self._reader.join()
        self.connection.close()

    def request(self, words: list[str], timeout: float | None = ANSWER_S) -> tuple[Any, list[Any]]:
        """Send a request and return its answer's (value, items).

        Raise `CommandRefused`, `Gone` or `ShellError`.
        """
        until = time.monotonic() + (1e9 if timeout is None else timeout)
        while True:
            with self._turn:
                life = self._ready(until)
                try:
                    found = self._ask(words, life, until)
                    if words[0] == "reboot":
                        self._starts(life)
                    return found
                except Gone:
                    if words[0] not in _AGAIN or time.monotonic() >= until:
                        raise

    def _starts(self, life: int) -> None:
        """Wait until the Thing restarts; on a silent connection, greet it again at once."""
        with self.news:
            if not self.connection.silent:
                self.news.until(lambda: self._lives != life or self._problem, START_S)
                return
        self._anew()

    def tell(self, words: list[str]) -> None:
        """Send a request without waiting for its answer, or for another request to end."""
        self._send(self._answers.ident(), words)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Release the connection to the caller; afterwards connect and greet the Thing again."""
        with self._turn:
            with self.news:
                self._greeted = 0
                self._paused = True
                self.news.wait_for(lambda: self._resting or self._ended)
            try:
                self.lent = True
                yield
            finally:
                self.lent = False
                with self.news:
                    self._paused = False
                    self.news.notify_all()

    # shared by the threads

    def _send(self, ident: str, words: list[str], again: bool = False) -> None:
        text = "%s %s" % (ident, json.dumps(words))
        if len(text) > MAX_REQUEST:
            raise ShellError(
                "`%s` is too long by %d characters" % (words[0], len(text) - MAX_REQUEST)
            )
        line = seal(text)
        self.connection.send("\n" + line if again else line)  # \n ends a line begun by noise

    def _ready(self, until: float) -> int:
        """Wait until the Thing is greeted; return the number of the connection."""
        with self.news:
            ready = self.news.until(
                lambda: self._greeted == self._lives or self._problem, until - time.monotonic()
            )
            if self._problem:
                raise ShellError(self._problem)
            if not ready:
                raise Gone("the Thing cannot be reached - is it on, and the cable in?")
            return self._lives

    def _ask(self, words: list[str], life: int, until: float) -> tuple[Any, list[Any]]:
        for _ in range(4):
            answer = self._answer(words, life, until)
            if answer.kind == REFUSED:
                raise CommandRefused(answer.value)
            if answer.whole():
                return answer.value, [answer.items[n] for n in range(answer.count)]
            if words[0] not in _AGAIN:
                break
        raise ShellError("a part of the answer was lost on the way - is the cable good?")

    def _answer(self, words: list[str], life: int, until: float) -> AnswerParts:
        ident, answer = self._answers.expect()
        try:
            again = False
            while True:
                self._send(ident, words, again)
                again = True
                wait = min(HELLO_S if words[0] == "hello" else AGAIN_S, until - time.monotonic())
                with self.news:
                    done = self.news.until(lambda: answer.kind or self._lives != life, wait)
                    if done and not answer.kind:
                        raise Gone("the Thing started again before it answered")
                if done:
                    return answer
                if time.monotonic() >= until:
                    raise Gone("no answer to `%s` - is PythingsOS on this board?" % words[0])
        finally:
            self._answers.forget(ident)

    # the reader's thread

    def _read(self) -> None:
        while not self._ended:
            try:
                self._rest()
                for line in self.connection.receive(LOOK_S):
                    self._take(line)
            except Gone:
                self._again()
            except ShellError as error:
                self._fail(str(error))

    def _rest(self) -> None:
        """Wait while the session is paused, then raise `Gone`, so that the reader reconnects."""
        if self._paused:
            with self.news:
                self._resting = True
                self.news.notify_all()
                self.news.wait_for(lambda: not self._paused)
                self._resting = False
            raise Gone("paused")

    def _anew(self) -> None:
        """Start a thread that greets the Thing, as a silent connection reports no restart."""
        threading.Thread(target=self._greet_again, args=(self._next_life(),), daemon=True).start()

    def _next_life(self) -> int:
        with self.news:
            self._greeted = 0
            self._lives += 1
            self.news.notify_all()
            return self._lives

    def _again(self) -> None:
        life = self._next_life()
        while not self._ended:
            try:
                self.connection.open()
            except Gone:
                with self.news:
                    self.news.wait_for(lambda: self._ended, LOOK_S)
                continue
            except ShellError as error:
                self._fail(str(error))
                return
            threading.Thread(target=self._greet_again, args=(life,), daemon=True).start()
            return

    def _fail(self, problem: str) -> None:
        with self.news:
            self._problem = problem
            self._ended = True
            self.news.notify_all()

    def _take(self, line: str) -> None:
        found = heard(line)
        if found is None:
            if line.strip():
                self._on_log(line)
            if self.connection.silent and self.greeted and boots(line):
                self._anew()
            return
        ident, kind, number, value = found
        if ident == NEWS:
            self.held = True
            if isinstance(value, dict) and all(isinstance(value.get(key), str) for key in _NEWS):
                self._on_news(value)
        elif ident == NOTE:
            if self.on_note:
                self.on_note(number, value)
        else:
            with self.news:
                if self._answers.take(ident, kind, number, value):
                    self.news.notify_all()

    # greeting

    def _greet_again(self, life: int) -> None:
        try:
            self._greet(life)
        except Gone:
            pass  # a newer connection greets, or will
        except ShellError as error:
            self._fail(str(error))

    def _greet(self, life: int) -> None:
        until = time.monotonic() + ANSWER_S
        hold = bool(self.held or self.breaks or self.on_start)

        def ask(words: list[str]) -> Any:
            return self._ask(words, life, until)[0]

        self.hello = self._greeting.greet(ask, hold)
        if self.on_start:
            self.on_start(ask)
        if self.breaks:
            ask(["break", *self.breaks])
        if hold and not self.held:
            ask(["auto"])
        with self.news:
            if life == self._lives:
                self._greeted = life
                self.news.notify_all()
