"""The progress of an installation: for a person, or as one JSON event a line."""

from __future__ import annotations

import json
import sys
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn


class InstallView(Protocol):
    """The receiver of an installation's events."""

    def step(self, name: str, text: str, /, **fields: Any) -> None:
        """Tell of a step. `fields`: its figures, for programs."""

    def percent(self, done: float) -> None:
        """Tell how much of the present step is done."""

    def line(self, text: str) -> None:
        """Show a line from the board."""

    def failed(self, text: str) -> None:
        """Tell of the failure that ends the installation."""


class EventLines:
    """Events as JSON objects, one a line."""

    def step(self, name: str, text: str, /, **fields: Any) -> None:
        """Write the event of a step."""
        self._write({"event": name, "text": text, **fields})

    def percent(self, done: float) -> None:
        """Write the percentage."""
        self._write({"event": "progress", "percent": done})

    def line(self, text: str) -> None:
        """Write a line of the board's."""
        self._write({"event": "board", "line": text})

    def failed(self, text: str) -> None:
        """Write the error."""
        self._write({"event": "failed", "text": text})

    def _write(self, event: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(event) + "\n")
        sys.stdout.flush()


class ProgressScreen:
    """Events for a person: a line for each step, and a bar for the one that takes long."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._bar: Progress | None = None

    def step(self, _name: str, text: str, /, **_fields: Any) -> None:
        """Print a step; this ends the bar of the one before."""
        self._end()
        self._console.print(text, markup=False, soft_wrap=True)

    def percent(self, done: float) -> None:
        """Draw the bar."""
        if self._bar is None:
            columns = TextColumn("  "), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
            self._bar = Progress(*columns, console=self._console)
            self._bar.start()
            self._bar.add_task("", total=100)
        self._bar.update(self._bar.task_ids[0], completed=done)

    def line(self, text: str) -> None:
        """Print a line of the board's."""
        self._console.print("  " + text, style="dim", markup=False, soft_wrap=True)

    def failed(self, text: str) -> None:
        """Print the error on stderr."""
        self._end()
        sys.stderr.write("pythings install: %s\n" % text)

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
