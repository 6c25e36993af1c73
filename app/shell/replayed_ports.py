"""Ports that return the recorded answers of a run, and raise an error at another call."""

from __future__ import annotations

import base64
from typing import Any, Callable

from adapters.debug.port_recorder import (
    APPS,
    BLAME,
    CLOCK,
    CLOUD,
    CRYPTO,
    PORTAL,
    STORAGE,
    SYSTEM,
)
from adapters.linux.crypto import LinuxCrypto
from app.shell.errors import ShellError
from app.shell.runs import RecordedRun

PORTS = {CLOCK: "clock", STORAGE: "storage", CLOUD: "cloud", CRYPTO: "crypto"}
PORTS.update({SYSTEM: "system", APPS: "apps", PORTAL: "portal"})


class Diverged(ShellError):
    """The domain differs from the recording: the recorded Thing ran another version."""


class Other(BaseException):
    """`Diverged` on its way through the domain, which catches every `Exception`. Its arguments:
    the position, the note there, and the domain's call instead of it."""


class EndOfRecording(BaseException):
    """The end of the run's recording."""


class Calls:
    """The recorded calls of a run, in turn. `position`: the number of notes that were used."""

    def __init__(self, run: RecordedRun) -> None:
        self.position = 0
        self.now = 0  # monotonic ms, as last recorded
        self._notes = run.notes
        self.tape: list[Any] = []  # the call that opened the last stream

    @property
    def ended(self) -> bool:
        """Whether all notes were used."""
        return self.position >= len(self._notes)

    def next(self) -> list[Any] | None:
        """Return the next note that is no `record` command, or None at the end."""
        notes = self._notes
        while self.position < len(notes):
            self.position += 1
            note = notes[self.position - 1]
            if note[0] != "command" or note[1][0] != "record":
                return note
        return None

    def transitions(self) -> list[list[Any]]:
        """Return the transitions in the next notes."""
        found = []
        while not self.ended and self._notes[self.position][0] == "to":
            found.append(self._notes[self.position])
            self.position += 1
        return found

    def take(self, port: int, method: str, arguments: tuple[Any, ...]) -> Any:
        """Return the recorded answer to this call."""
        name = arguments[0] if arguments and isinstance(arguments[0], str) else ""
        made = ["call", port, method, name]
        does = "%s.%s(%s)" % (PORTS.get(port, "link"), method, name)
        self.leave(self.tape)  # if the last stream was not read to its end
        self.tape = []
        if method in ("os_file", "app_file", "source"):
            self.tape = made
            return Tape(self, made, does)
        if method == "receive":
            return Written(self, made, does)
        return self.answer(made, does)

    def answer(self, made: list[Any], does: str) -> Any:
        """Return the answer in the next note, or raise its error; the note must match the call."""
        note = self._peek()
        if not _of(note, made):
            if made[1:3] == [SYSTEM, "restart"] or self.stopped():
                raise EndOfRecording
            raise Other(self.position, note, does)
        self.position += 1
        self.tape = []
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
        self.position += 1
        return base64.b64decode(self._notes[self.position - 1][1])

    def failed(self, made: list[Any]) -> bool:
        """Tell whether the next note says that this call failed."""
        note = self._peek()
        return _of(note, made) and note[5] is not None

    def leave(self, made: list[Any]) -> None:
        """Skip the note that an older OS recorded of this call when it was aborted."""
        if made and _of(self._peek(), made):
            self.position += 1

    def noted(self, method: str) -> bool:
        """Tell whether this call of `crypto` is recorded; the others are deterministic."""
        if method != "verify":
            return method == "random"
        return self._peek()[:3] == ["call", CRYPTO, method]

    def stopped(self) -> bool:
        """Tell whether the next notes are those of the loop around the domain, which was stopped in
        the middle of a call, and has saved everything."""
        rest = self._notes[self.position :]
        stopped = any(note[1:3] == [SYSTEM, "stopped"] for note in rest)
        return stopped and all(note[0] == "call" for note in rest)

    def _peek(self) -> list[Any]:
        if self.ended:
            raise EndOfRecording
        return self._notes[self.position]


def _of(note: list[Any], made: list[Any]) -> bool:
    """Tell whether a note matches a call; an older one may lack the method, see `named`."""
    return note[:4] in (made, [*made[:2], "", *made[3:]])


class Tape:
    """A recorded stream; the note of the call that opened it follows the pieces."""

    def __init__(self, calls: Calls, made: list[Any], does: str) -> None:
        self._calls = calls
        self._made = made
        self._does = does
        self._piece = b""

    def readinto(self, buffer: memoryview) -> int:
        """Read the next recorded bytes into a buffer; return their count."""
        piece = self._piece or self._calls.piece()
        if not piece:
            self._calls.answer(self._made, self._does)
        size = min(len(piece), len(buffer))
        buffer[:size], self._piece = piece[:size], piece[size:]
        return size


class Written:
    """A file that the recorded run wrote; the note of the result follows."""

    def __init__(self, calls: Calls, made: list[Any], does: str) -> None:
        self._calls = calls
        self._made = made
        self._does = does

    def __enter__(self) -> Written:
        self.write(b"")
        return self

    def write(self, _data: bytes) -> None:
        """Raise the recorded error if writing failed in the recorded run."""
        if self._calls.failed(self._made):
            made, self._made = self._made, []
            self._calls.answer(made, self._does)

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is None:
            self._calls.answer(self._made, self._does)
        elif issubclass(kind, Exception):
            self._calls.leave(self._calls.tape)
            self._calls.leave(self._made)


class Voice:
    """A port that returns the recorded answers."""

    def __init__(self, calls: Calls, number: int) -> None:
        self._calls = calls
        self._number = number

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if self._number == CRYPTO and not self._calls.noted(method):
            return getattr(LinuxCrypto(), method)  # type: ignore[no-any-return]
        return lambda *arguments: self._calls.take(self._number, method, arguments)


class LastHeard:
    """The clock of the debug shell: its own calls of the clock were not recorded."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def monotonic(self) -> int:
        """Return the last recorded time in ms."""
        return self._calls.now
