"""The output and the events of a simulated board, in the form of `pythings run`."""

from __future__ import annotations

import threading
from typing import IO, Any

from adapters.linux.console import LinesConsole, printable
from app.cloud.api.body import parse_json

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_INFO = LEVELS["info"]


class SimConsole:
    """A writer of the board's and its OS's events to `output`, as JSON or as text."""

    def __init__(self, output: IO[str], as_json: bool, level: int) -> None:
        self._output = output
        self._as_json = as_json
        self._lines = LinesConsole(output, as_json=as_json, level=level)
        self._turn = threading.Lock()

    def tell(self, event: str, level: int = _INFO, **fields: Any) -> None:
        """Write an event of the board."""
        with self._turn:
            self._lines.event(level, event, fields)

    def show(self, line: str) -> None:
        """Write a line that the board printed."""
        try:
            fields = parse_json(line)
            level = LEVELS.get(fields.pop("level", "info"), _INFO)
            name = str(fields.pop("event"))
        except (ValueError, AttributeError, KeyError, TypeError):
            if self._as_json:
                self.tell("console", text=line)
            else:
                with self._turn:
                    self._output.write(printable(line) + "\n")
                    self._output.flush()
            return
        with self._turn:
            self._lines.event(level, name, fields)
