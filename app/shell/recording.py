"""The file format of recordings: one JSON value a line.

{"pythings": 2, "start": {...}}   a start of the Thing, with its composition
["step"], ["call", ...], ...      the notes of `adapters.debug`, with the names of methods
{"lost": count}                   lines that did not arrive

In files of version 1 methods are numbers, as boards tell them: see `named`.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from pathlib import Path
from typing import Any, Callable

from adapters.debug.port_recorder import BLAME, LINK, NUMBERING, OTHER, Named, methods
from adapters.linux.files import private
from app.cloud.api.body import parse_json
from app.shell.errors import ShellError
from domain.readings.queue import IN_MEMORY, SEGMENT

FORMAT = 2
_FORMATS = (1, 2)
# The numbers of an OS that does not tell its numbering: all ports together. If two methods had the
# same short name on a board, the number is that of the first, maybe a method of another port.
_FLAT = (
    "monotonic epoch set_epoch sleep mount read replace receive append remove send names free use"
    " forget in_session register management reply reading report app_files app_file os_files"
    " os_file random identity platform abi reset_cause restart stopped watchdog feed memory load"
    " unload call execute offered open poll close up down status scan asked seal part dialogue"
    " salt identify"
)
_DEEPEST = 64  # levels of a line; a Thing's values have half of that at most
_MOST_LINKS = 8
_MOST_BOUND = 100000  # of a queue


def parse(line: str) -> Any:
    """Parse a line of the file into one of the values above. Raise ValueError."""
    value = parse_json(line, _DEEPEST)
    if isinstance(value, list):
        right = bool(value) and isinstance(value[0], str) and _is_note(value[0], value[1:])
    elif isinstance(value, dict) and "lost" in value:
        right = _whole(value["lost"], -(1 << 31))
    elif isinstance(value, dict) and value.get("pythings") in _FORMATS:
        right = _is_start(value.get("start"))
    else:  # only the header of another version
        right = isinstance(value, dict) and _whole(value.get("pythings"))
    if not right:
        raise ValueError("it has another shape")
    return value


def known(version: int) -> bool:
    """Tell whether we read files of this version."""
    return version in _FORMATS


def _is_start(start: Any) -> bool:
    if not isinstance(start, dict) or not isinstance(start.get("given"), dict):
        return False
    texts = [start.get("version"), start.get("default_backend"), *start["given"].values()]
    queue = start.get("queue", [SEGMENT, IN_MEMORY])
    if not isinstance(queue, list) or not all(_whole(bound, 1, _MOST_BOUND) for bound in queue):
        return False
    if len(queue) != 2 or type(start.get("unverified", False)) is not bool:
        return False
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
    if not isinstance(method, str) and not _whole(method, -1, 999):
        return False
    return _whole(port, 0, LINK + _MOST_LINKS) and isinstance(name, str)


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


def named(note: Any, numbering: int) -> Any:
    """Replace the method's number in a call by its name, or by "" if the number is ambiguous."""
    if not isinstance(note, list) or note[:1] != ["call"] or not _numbered(note[1:3]):
        return note
    found = methods(note[1], Named())
    of_all = found if numbering == NUMBERING else _FLAT.split()
    name = of_all[note[2]] if 0 <= note[2] < len(of_all) else ""
    return [*note[:2], name if name in found else "", *note[3:]]


def _numbered(found: list[Any]) -> bool:
    return len(found) == 2 and _whole(found[0], 0, LINK + _MOST_LINKS) and type(found[1]) is int


class Recorder:
    """The writer of a recording. It flushes each line: the last one before a crash matters most."""

    def __init__(self, path: Path) -> None:
        try:
            file = private(str(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            self._file = open(file, "w", encoding="utf-8")  # noqa: SIM115 - until `close`
        except OSError as error:
            raise ShellError("%s: %s" % (path, error.strerror)) from None
        self.count = 0
        self._expected = 0
        self._numbering = 0
        self._turn = threading.Lock()

    def start(self, ask: Callable[[list[str]], Any]) -> None:
        """Begin the recording of a new start of the Thing, and switch its notes on."""
        head = ask(["record"])
        with self._turn:
            self._expected = 0
            self._numbering = head.get("methods", 0) if isinstance(head, dict) else 0
            self._write({"pythings": FORMAT, "start": head})
        ask(["record", "on"])  # notes arrive from now on

    def note(self, number: int, what: Any) -> None:
        """Write a note, and before it the count of notes lost since the last one."""
        with self._turn:
            if number != self._expected:
                self._write({"lost": number - self._expected})
            self._expected = number + 1
            self._write(named(what, self._numbering))

    def close(self) -> None:
        """Close the file; later notes are dropped."""
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
