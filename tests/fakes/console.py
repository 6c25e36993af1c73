"""A console that remembers the events, and types lines."""

from __future__ import annotations

import json
from typing import Any


class FakeConsole:
    """`events`: (level, name, fields); `lines`: what is typed next."""

    def __init__(self) -> None:
        self.events: list[tuple[int, str, dict[str, Any]]] = []
        self.lines: list[str] = []

    def event(self, level: int, name: str, fields: dict[str, Any]) -> None:
        json.dumps(fields)  # whatever is told must be JSON
        self.events.append((level, name, fields))

    def line(self) -> str | None:
        return self.lines.pop(0) if self.lines else None

    def named(self, name: str) -> list[dict[str, Any]]:
        """The fields of the events of that name."""
        return [fields for _, event, fields in self.events if event == name]

    def level(self, name: str) -> int:
        """The level of the last event of that name."""
        levels = [level for level, event, _ in self.events if event == name]
        return levels[-1]
