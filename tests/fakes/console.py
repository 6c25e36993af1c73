"""A console that records events and replays typed lines."""

from __future__ import annotations

import json
from typing import Any


class FakeConsole:
    """A console: `events` has (level, name, fields), `lines` the lines that are typed next."""

    def __init__(self) -> None:
        self.events: list[tuple[int, str, dict[str, Any]]] = []
        self.lines: list[str] = []

    def event(self, level: int, name: str, fields: dict[str, Any]) -> None:
        json.dumps(fields)  # fails unless the fields are JSON
        self.events.append((level, name, fields))

    def line(self) -> str | None:
        return self.lines.pop(0) if self.lines else None

    def named(self, name: str) -> list[dict[str, Any]]:
        """Return the fields of all events of that name."""
        return [fields for _, event, fields in self.events if event == name]

    def level(self, name: str) -> int:
        """Return the level of the last event of that name."""
        levels = [level for level, event, _ in self.events if event == name]
        return levels[-1]
