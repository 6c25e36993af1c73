"""A light that shows the state of the Thing to a person nearby."""

from __future__ import annotations

from typing import Protocol


class Indicator(Protocol):
    """An LED or nothing at all. Never blocks, never raises."""

    def show(self, state: str) -> None:
        """Show the lifecycle state of that name; turn the light off for an unknown name."""
