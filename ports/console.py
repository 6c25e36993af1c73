"""Where a person, or a program, follows the Thing."""

from __future__ import annotations

from typing import Any, Protocol


class Console(Protocol):
    """Events out, lines in. Never blocks for long, never raises: a Thing works unwatched."""

    def event(self, level: int, name: str, fields: dict[str, Any]) -> None:
        """Tell one event: `level` 10 debug, 20 info, 30 warning, 40 error; `name` one word;
        `fields` JSON values, no secrets."""

    def line(self) -> str | None:
        """The next line that was typed, without its end, or None if there is none yet."""
