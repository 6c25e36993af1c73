"""Timed commands for a simulated board, in a file."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Callable

from adapters.linux import inputs
from app.simulator.errors import SimError

_MOST = 1 << 20  # bytes


class Script:
    """Lines as for `app.simulator.control`; `wait SECONDS` delays all lines after it.

    Empty lines and those with # are ignored. No file means no lines. Raises `SimError`.
    """

    def __init__(self, path: Path | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._start = clock()
        self._lines: list[tuple[float, str]] = []
        at = 0.0
        for number, line in enumerate(_text(path).splitlines(), 1):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            if words[0] == "wait":
                at += _seconds(words[1:], "%s, line %d" % (path, number))
            else:
                self._lines.append((at, line.strip()))

    def start(self) -> None:
        """Start to count the time, at power-on."""
        self._start = self._clock()

    def due(self) -> list[str]:
        """Return the lines that became due."""
        passed = self._clock() - self._start
        found = [line for at, line in self._lines if at <= passed]
        del self._lines[: len(found)]
        return found


def _text(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return inputs.text(path, _MOST)
    except OSError as error:
        raise SimError("the script %s cannot be read: %s" % (path, error.strerror)) from None


def _seconds(words: list[str], where: str) -> float:
    try:
        found = float(words[0]) if len(words) == 1 else -1
    except ValueError:
        found = -1
    if not 0 <= found <= 1e7:
        raise SimError("%s: say wait SECONDS" % where)
    return found
