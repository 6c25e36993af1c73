"""A light that tells a person nearby what the Thing is doing."""

from __future__ import annotations

from typing import Protocol


class Indicator(Protocol):
    """An LED or nothing at all. Never blocks, never raises."""

    def show(self, state: str) -> None:
        """Show the lifecycle state of that name; an unknown name puts it out."""
