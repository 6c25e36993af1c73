"""The file that a recording goes to: one JSON value a line.

{"pythings": 1, "start": {...}}   a start of the Thing: what it was composed of
["step"], ["call", ...], ...      what `domain.debug` tells, as docs/debugging.md says
{"lost": count}                   lines that did not arrive
"""

from __future__ import annotations

import base64
import json
import os
import threading
from pathlib import Path
from typing import Any, Callable

from adapters.linux.files import private
from app.cloud.api.body import parse_json
from app.shell.errors import ShellError
from domain.debug.tapping import BLAME, OTHER

FORMAT = 1
_DEEPEST = 64  # levels of a line: a Thing's values have half of it
_MOST_LINKS = 8


def parse(line: str) -> Any:
    """The value of a line of the file, of the shape above. Raises ValueError."""
    value = parse_json(line, _DEEPEST)
    if isinstance(value, list):
        right = bool(value) and isinstance(value[0], str) and _is_note(value[0], value[1:])
    elif isinstance(value, dict) and "lost" in value:
        right = _whole(value["lost"], -(1 << 31))
    elif isinstance(value, dict) and value.get("pythings") == FORMAT:
        right = _is_start(value.get("start"))
    else:  # of another version, if it says so
        right = isinstance(value, dict) and _whole(value.get("pythings"))
    if not right:
        raise ValueError("it has another shape")
    return value


def _is_start(start: Any) -> bool:
    if not isinstance(start, dict) or not isinstance(start.get("given"), dict):
        return False
    texts = [start.get("version"), start.get("default_backend"), *start["given"].values()]
    return _texts(texts) and _whole(start.get("links"), 0, _MOST_LINKS)


def _is_note(kind: str, rest: list[Any]) -> bool:
    if kind == "step":
        return not rest
    if kind == "to":
        return len(rest) == 3 and _texts(rest)
    if kind == "piece":
        return len(rest) == 1 and _is_base64(rest[0])
    if kind == "command":
        words = rest[0] if len(rest) == 1 else None
        return isinstance(words, list) and bool(words) and _texts(words)
    return kind == "call" and len(rest) == 5 and _is_call(*rest)


def _is_call(port: Any, method: Any, name: Any, value: Any, error: Any) -> bool:
    if isinstance(value, dict) and list(value) == ["bytes"] and not _is_base64(value["bytes"]):
        return False
    if error is not None:
        if not isinstance(error, list) or len(error) != 3 or not _texts(error[1:]):
            return False
        if not _whole(error[0], OTHER, len(BLAME) - 1):
            return False
    return _whole(port, 0, 99) and _whole(method, -1, 999) and isinstance(name, str)


def _is_base64(text: Any) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (ValueError, TypeError):
        return False
    return True


def _texts(values: list[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _whole(value: Any, least: int = 0, most: int = 1 << 31) -> bool:
    return type(value) is int and least <= value <= most


class Recorder:
    """Writes what comes, at once: the last line before a crash is the most wanted one."""

    def __init__(self, path: Path) -> None:
        try:
            file = private(str(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            self._file = open(file, "w", encoding="utf-8")  # noqa: SIM115 - until `close`
        except OSError as error:
            raise ShellError("%s: %s" % (path, error.strerror)) from None
        self.count = 0
        self._expected = 0
        self._turn = threading.Lock()

    def start(self, ask: Callable[[list[str]], Any]) -> None:
        """The Thing begins anew, and so does its recording."""
        head = ask(["record"])
        with self._turn:
            self._expected = 0
            self._write({"pythings": FORMAT, "start": head})
        ask(["record", "on"])  # notes come from now on

    def note(self, number: int, what: Any) -> None:
        """One line."""
        with self._turn:
            if number != self._expected:
                self._write({"lost": number - self._expected})
            self._expected = number + 1
            self._write(what)

    def close(self) -> None:
        """No more."""
        with self._turn:
            self._file.close()

    def _write(self, value: Any) -> None:
        if self._file.closed:
            return
        try:
            self._file.write(json.dumps(value, sort_keys=True) + "\n")
            self._file.flush()
        except OSError as error:
            raise ShellError("the recording: %s" % error.strerror) from None
        self.count += 1
