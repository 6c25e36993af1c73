"""The file that a recording goes to: one JSON value a line.

{"pythings": 1, "start": {...}}   a start of the Thing: what it was composed of
["step"], ["call", ...], ...      what `domain.debug` tells, as docs/debugging.md says
{"lost": count}                   lines that did not arrive
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any, Callable

from app.shell.errors import ShellError

FORMAT = 1


class Recorder:
    """Writes what comes, at once: the last line before a crash is the most wanted one."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("w", encoding="utf-8")
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
        if not self._file.closed:
            self._file.write(json.dumps(value, sort_keys=True) + "\n")
            self._file.flush()
            self.count += 1
