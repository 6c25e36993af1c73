"""Events as lines, for a person or for a program."""

from __future__ import annotations

import json
import os
import select
import time
from typing import IO, Any, Callable

LEVELS = {10: "debug", 20: "info", 30: "warning", 40: "error", 50: "critical"}

_COLOURS = {10: "2", 30: "33", 40: "31", 50: "31"}  # faint, yellow, red (ECMA-48 8.3.117)
_MAX_LINE = 4096  # bytes; a pipe that is ready takes at least this many at once (PIPE_BUF, pipe(7))
_CUTS = (2000, 200)  # characters of a text in a field; the second if the line is too long
_PATIENCE_MS = 100  # for a reader that is slow


class LinesConsole:
    """A console that writes events of `level` or above to `stream`: `HH:MM:SS level name key=value
    ...`, or as JSON objects `{"t": seconds since 1970, "level", "event", ...fields}`.

    `color`: None for a terminal that wants it (https://no-color.org). `source`: the file that
    lines are typed into. `now` returns the time. `listener`, if set, receives the same events.
    """

    def __init__(
        self,
        stream: IO[str],
        as_json: bool = False,
        level: int = 20,
        color: bool | None = None,
        source: IO[Any] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._stream: IO[str] | None = stream
        self._as_json = as_json
        self.level = level
        self.listener: Callable[[int, str, dict[str, Any]], None] | None = None
        self._color = _wants_color(stream) if color is None else color
        self._now = now
        self._dropped = 0
        self._source = _number(source)
        self._typed = b""

    def event(self, level: int, name: str, fields: dict[str, Any]) -> None:
        """Write one line. It is dropped, and counted in the next, while the reader takes none."""
        if level < self.level:
            return
        if self.listener:
            self.listener(level, name, fields)
        if self._stream is None:
            return
        if not self._room():
            self._dropped += 1
            return
        if self._dropped:
            fields = {**fields, "dropped": self._dropped}
            self._dropped = 0
        make = self._json if self._as_json else self._text
        for cut in _CUTS:
            line = make(level, name, fields, cut)
            if len(line.encode("utf-8", "replace")) < _MAX_LINE:
                break
        else:
            line = make(level, name, {}, 0)
        self._write(line + "\n")

    def line(self) -> str | None:
        """Return a line, or None; invalid UTF-8 is replaced, an overlong line comes in parts."""
        if b"\n" not in self._typed and self._source >= 0:
            self._typed += self._take()
        line, end, rest = self._typed.partition(b"\n")
        if not end and len(line) < _MAX_LINE:
            return None
        self._typed = rest
        return line.decode("utf-8", "replace").rstrip("\r")

    def _take(self) -> bytes:
        try:
            if not _ready(self._source, select.POLLIN, 0):
                return b""
            data = os.read(self._source, _MAX_LINE)
        except OSError:
            data = b""
        if not data:
            self._source = -1
        return data

    def _json(self, level: int, name: str, fields: dict[str, Any], cut: int) -> str:
        line = {"t": round(self._now(), 3), "level": LEVELS.get(level, str(level)), "event": name}
        for key, value in fields.items():
            line.setdefault(key, _short(value, cut) if isinstance(value, str) else value)
        try:
            return json.dumps(line, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            return json.dumps({"t": line["t"], "level": line["level"], "event": name})

    def _text(self, level: int, name: str, fields: dict[str, Any], cut: int) -> str:
        at = time.strftime("%H:%M:%S", time.localtime(self._now()))
        word = "%-7s" % LEVELS.get(level, str(level))
        if self._color and level in _COLOURS:
            word = "\x1b[%sm%s\x1b[0m" % (_COLOURS[level], word)
        shown = ["%s=%s" % (printable(key), _value(value, cut)) for key, value in fields.items()]
        return " ".join([at, word, printable(name), *shown])

    def _room(self) -> bool:
        """Return whether the stream takes a line: a stopped terminal must not stop the Thing."""
        number = _number(self._stream)
        patience = 0 if self._dropped else _PATIENCE_MS
        return number < 0 or _ready(number, select.POLLOUT, patience)

    def _write(self, line: str) -> None:
        assert self._stream
        try:
            try:
                self._stream.write(line)
            except UnicodeError:
                self._stream.write(line.encode("ascii", "backslashreplace").decode())
            self._stream.flush()
        except (OSError, ValueError):  # ValueError: it has been closed
            self._stream = None


def printable(text: str) -> str:
    """Return the text with escapes for all that could move a cursor, or hide or reorder text."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def _value(value: Any, cut: int) -> str:
    if not isinstance(value, str):
        try:
            return printable(_short(json.dumps(value, ensure_ascii=False), cut))
        except (TypeError, ValueError, RecursionError):
            return printable(type(value).__name__)
    shown = printable(_short(value, cut).replace("\\", "\\\\"))
    if shown and not any(char in shown for char in ' ="'):
        return shown
    return '"%s"' % shown.replace('"', '\\"')


def _short(text: str, cut: int) -> str:
    return text if len(text) <= cut else text[:cut] + "..."


def _wants_color(stream: IO[str]) -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    try:
        return stream.isatty()
    except ValueError:
        return False


def _number(stream: IO[Any] | None) -> int:
    """Return the file descriptor of a stream, -1 if it is none of the operating system's files."""
    try:
        return stream.fileno() if stream else -1
    except (OSError, ValueError):
        return -1


def _ready(number: int, event: int, wait_ms: int) -> bool:
    """Wait until a file is ready, or its other end has gone: the next operation reports that."""
    poll = select.poll()
    poll.register(number, event)
    return bool(poll.poll(wait_ms))
