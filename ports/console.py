"""The console, on which a person, or a program, follows the Thing."""

from __future__ import annotations

from typing import Any, Protocol


class Console(Protocol):
    """The output of events and the input of lines. Never blocks for long, never raises: a Thing
    works unwatched."""

    def event(self, level: int, name: str, fields: dict[str, Any]) -> None:
        """Show one event: `level` 10 debug, 20 info, 30 warning, 40 error; `name` one word;
        `fields` JSON values, no secrets."""

    def line(self) -> str | None:
        """Return the next line that was typed, without its end, or None if there is none yet."""
