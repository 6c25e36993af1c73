"""The replay of a recording: the domain's calls get the recorded answers, so its states follow.

A recording consists of runs, each from a start of the Thing to its end. Nothing is simulated here:
the use cases are those of the OS, on ports that only return the recorded answers, and that raise
an error when a call differs from the recorded one. So a run can be repeated up to any move.
"""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from pathlib import Path
from typing import Any, Callable

from adapters.linux.console import printable
from adapters.linux.crypto import LinuxCrypto
from app.boards.linux import enter
from app.shell.errors import ShellError
from app.shell.recording import known, named, parse
from domain.debug.commands import command
from domain.debug.port_recorder import (
    APPS,
    BLAME,
    CLOCK,
    CLOUD,
    CRYPTO,
    LINK,
    PORTAL,
    STORAGE,
    SYSTEM,
)
from domain.debug.shell import Shell
from domain.errors import IllegalEvent, ThingError
from domain.readings.backlog import Backlog
from domain.readings.queue import IN_MEMORY, SEGMENT
from domain.runner import Runner
from domain.thing import Thing

# The errors from values that no port returns: the recording may come from an attacker.
_SHAPE = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError)
_PORTS = {CLOCK: "clock", STORAGE: "storage", CLOUD: "cloud", CRYPTO: "crypto"}
_PORTS.update({SYSTEM: "system", APPS: "apps", PORTAL: "portal"})


class Diverged(ShellError):
    """The domain differs from the recording: the recorded Thing ran another version."""


class _Off(BaseException):
    """`Diverged` on its way through the domain, which catches every `Exception`."""


class _Ended(BaseException):
    """The end of the run's recording."""


class Run:
    """One run of a Thing: the `head` of its recording, and the notes after it."""

    def __init__(self, head: dict[str, Any]) -> None:
        self.head = head
        self.notes: list[list[Any]] = []

    def transitions(self) -> list[list[str]]:
        """Return the (old, event, new) of each recorded transition."""
        return [note[1:] for note in self.notes if note[0] == "to"]


def load(path: Path) -> list[Run]:
    """Load the runs of a file. Raise `ShellError`."""
    runs: list[Run] = []
    number = 0
    try:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            value = parse(line)
            if isinstance(value, list):
                if not runs:
                    raise ValueError("a note before a start")
                runs[-1].notes.append(named(value, 0))
            elif "lost" in value:
                text = "%s, line %d: %d lines were lost on the way - record it again"
                raise ShellError(text % (path, number, value["lost"]))
            elif not known(value["pythings"]):
                raise ShellError("%s is a recording of another version" % path)
            else:
                runs.append(Run(value["start"]))
    except OSError as error:
        raise ShellError("%s: %s" % (path, error.strerror)) from None
    except ValueError as error:
        text = "%s, line %d: this is no recording (%s)"
        raise ShellError(text % (path, number, printable(str(error))[:80])) from None
    if not runs:
        raise ShellError("%s: nothing is recorded here" % path)
    return runs


class Replay:
    """A run, repeated up to some move. `told`: the events it logged, as (level, name, fields)."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.moves = 0
        self.now = 0  # monotonic ms, as last recorded
        self.told: list[tuple[int, str, dict[str, Any]]] = []
        self._position = 0
        self._tape: list[Any] = []  # the call that opened the last stream
        head = run.head
        ports: dict[str, Any] = {name: _Voice(self, number) for number, name in _PORTS.items()}
        parts: dict[str, Any] = {
            **ports,
            "links": [_Voice(self, LINK + n) for n in range(head["links"])],
            "indicator": _Silent(),
            "console": self,
            "version": head["version"],
            "default_backend": head["default_backend"],
            "given": head["given"],
        }
        self.thing = _composed(Thing(**parts), head)
        self.runner = Runner(self.thing, enter, repr)
        self.shell = Shell(self.runner, lambda: None, lambda _: None, "open", lambda: None)
        shell: Any = self.shell
        shell.clock = _LastHeard(self)
        shell.record = self._note
        self._made: list[list[Any]] = []  # transitions of this move
        self.thing.clock = ports["clock"]

    @property
    def state(self) -> str:
        """The current state."""
        return self.runner.machine.state

    def forward(self) -> bool:
        """Repeat the next step or command; return whether there was one. Raise `Diverged`."""
        note = self._next()
        if note is None:
            return False
        self.moves += 1
        try:
            if note[0] == "step":
                before = self.state
                event = self.runner.step()
                if event is not None:
                    self.shell.moved(before, event, self._why(event))
            elif note[0] == "command":
                self._command(note[1])
            elif self._stopped():
                return False
            else:
                raise _Off(self._position, note, "nothing")
            self._compare()
        except _Ended:
            return False
        except _Off as off:
            position, note, does = off.args
            text = "note %d of the run is %s, but the domain does %s"
            raise Diverged(text % (position, json.dumps(note), does)) from None
        except _SHAPE as error:
            text = "note %d of the run is no answer that a Thing gives: %r"
            raise Diverged(text % (self._position, error)) from None
        return True

    def event(self, level: int, name: str, fields: dict[str, Any]) -> None:
        """Record a log event, as the domain's console."""
        self.told.append((level, name, fields))

    def line(self) -> None:
        """Return no line: nothing is typed on this console."""

    def take(self, port: int, method: str, arguments: tuple[Any, ...]) -> Any:
        """Return the recorded answer to this call."""
        name = arguments[0] if arguments and isinstance(arguments[0], str) else ""
        made = ["call", port, method, name]
        does = "%s.%s(%s)" % (_PORTS.get(port, "link"), method, name)
        self.leave(self._tape)  # if the last stream was not read to its end
        self._tape = []
        if method in ("os_file", "app_file", "source"):
            self._tape = made
            return _Tape(self, made, does)
        if method == "receive":
            return _Written(self, made, does)
        return self.answer(made, does)

    def answer(self, made: list[Any], does: str) -> Any:
        """Return the answer in the next note, or raise its error; the note must match the call."""
        note = self._peek()
        if not _of(note, made):
            if made[1:3] == [SYSTEM, "restart"] or self._stopped():
                raise _Ended
            raise _Off(self._position, note, does)
        self._position += 1
        self._tape = []
        value, error = note[4:]
        if error is not None:
            blame, code, text, *more = error
            if blame >= 0:
                failure = BLAME[blame](code, text)
                failure.rest, failure.wait_s = more or (None, 0)
                raise failure
            raise MemoryError(text) if text.startswith("MemoryError") else RuntimeError(text)
        if isinstance(value, dict) and list(value) == ["bytes"]:
            return base64.b64decode(value["bytes"])
        if made[1:3] == [CLOCK, "monotonic"]:
            self.now = value
        return value

    def piece(self) -> bytes:
        """Return the next recorded piece of a stream, empty at its end."""
        if self._peek()[0] != "piece":
            return b""
        self._position += 1
        return base64.b64decode(self.run.notes[self._position - 1][1])

    def failed(self, made: list[Any]) -> bool:
        """Tell whether the next note says that this call failed."""
        note = self._peek()
        return _of(note, made) and note[5] is not None

    def leave(self, made: list[Any]) -> None:
        """Skip the note that an older OS recorded of this call when it was aborted."""
        if made and _of(self._peek(), made):
            self._position += 1

    def noted(self, method: str) -> bool:
        """Tell whether this call of `crypto` is recorded; the others are deterministic."""
        if method != "verify":
            return method == "random"
        return self._peek()[:3] == ["call", CRYPTO, method]

    def _peek(self) -> list[Any]:
        notes = self.run.notes
        if self._position >= len(notes):
            raise _Ended
        return notes[self._position]

    def _stopped(self) -> bool:
        """Tell whether the next notes are those of the loop around the domain, which was stopped in
        the middle of a call, and has saved everything."""
        rest = self.run.notes[self._position :]
        stopped = any(note[1:3] == [SYSTEM, "stopped"] for note in rest)
        return stopped and all(note[0] == "call" for note in rest)

    def _next(self) -> list[Any] | None:
        """Return the next note that is no `record` command, or None at the end."""
        notes = self.run.notes
        while self._position < len(notes):
            self._position += 1
            note = notes[self._position - 1]
            if note[0] != "command" or note[1][0] != "record":
                return note
        return None

    def _command(self, words: list[str]) -> None:
        if words[0] == "inject" and words[1:2] not in (["corrupt"], ["clock"]):
            return  # its effects are in the recorded answers
        with suppress(ThingError, IllegalEvent, *_SHAPE):  # it was refused in the recorded run, too
            command(self.shell, words)

    def _why(self, event: str) -> str:
        """Return the reason of an event from the last log events, or an empty text."""
        for _, name, fields in reversed(self.told[-4:]):
            if name in (event, "fault"):
                return str(fields.get("text", ""))
        return ""

    def _compare(self) -> None:
        """Compare the transitions of this move with the recorded ones; raise `_Off` if they differ.

        At the end of the recording, more transitions are accepted.
        """
        notes = self.run.notes
        then = []
        while self._position < len(notes) and notes[self._position][0] == "to":
            then.append(notes[self._position])
            self._position += 1
        made, self._made = self._made, []
        ended = self._position == len(notes) and made[: len(then)] == then
        if made != then and not ended:
            raise _Off(self._position, then, json.dumps(made))

    def _note(self, *what: Any) -> None:
        """Note a transition of this move, in place of the recorder."""
        if what[0] == "to":
            self._made.append(list(what))


def _composed(thing: Thing, head: dict[str, Any]) -> Thing:
    """Apply the settings that the board's composition made besides the ports."""
    thing.unverified = head.get("unverified", False)
    segment, in_memory = head.get("queue", (SEGMENT, IN_MEMORY))
    if segment != SEGMENT:
        thing.queue = Backlog(thing.storage, 0)
    thing.queue.segment, thing.queue.in_memory = segment, in_memory
    return thing


def _of(note: list[Any], made: list[Any]) -> bool:
    """Tell whether a note matches a call; an older one may lack the method, see `named`."""
    return note[:4] in (made, [*made[:2], "", *made[3:]])


class _Tape:
    """A recorded stream; the note of the call that opened it follows the pieces."""

    def __init__(self, replay: Replay, made: list[Any], does: str) -> None:
        self._replay = replay
        self._made = made
        self._does = does
        self._piece = b""

    def readinto(self, buffer: memoryview) -> int:
        """Read the next recorded bytes into a buffer; return their count."""
        piece = self._piece or self._replay.piece()
        if not piece:
            self._replay.answer(self._made, self._does)
        size = min(len(piece), len(buffer))
        buffer[:size], self._piece = piece[:size], piece[size:]
        return size


class _Written:
    """A file that the recorded run wrote; the note of the result follows."""

    def __init__(self, replay: Replay, made: list[Any], does: str) -> None:
        self._replay = replay
        self._made = made
        self._does = does

    def __enter__(self) -> _Written:
        self.write(b"")
        return self

    def write(self, _data: bytes) -> None:
        """Raise the recorded error if writing failed in the recorded run."""
        if self._replay.failed(self._made):
            made, self._made = self._made, []
            self._replay.answer(made, self._does)

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is None:
            self._replay.answer(self._made, self._does)
        elif issubclass(kind, Exception):
            self._replay.leave(self._replay._tape)
            self._replay.leave(self._made)


class _Voice:
    """A port that returns the recorded answers."""

    def __init__(self, replay: Replay, number: int) -> None:
        self._replay = replay
        self._number = number

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if self._number == CRYPTO and not self._replay.noted(method):
            return getattr(LinuxCrypto(), method)  # type: ignore[no-any-return]
        return lambda *arguments: self._replay.take(self._number, method, arguments)


class _LastHeard:
    """The clock of the debug shell: its own calls of the clock were not recorded."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay

    def monotonic(self) -> int:
        """Return the last recorded time in ms."""
        return self._replay.now


class _Silent:
    """An indicator without a light."""

    def show(self, _state: str) -> None:
        """Ignore the state."""
