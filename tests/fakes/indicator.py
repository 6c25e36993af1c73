"""A light that records the states that it showed."""

from __future__ import annotations


class FakeIndicator:
    def __init__(self) -> None:
        self.shown: list[str] = []

    def show(self, state: str) -> None:
        self.shown.append(state)
