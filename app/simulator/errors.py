"""What goes wrong with a simulation."""

from __future__ import annotations

Argument = str | int


class SimError(Exception):
    """It cannot be run like this; the text says why, and what to do."""


class Refusal(Exception):
    """The hardware refuses: MicroPython's exception by name, and its arguments."""

    def __init__(self, error: str, *arguments: Argument) -> None:
        super().__init__(error, *arguments)
        self.error = error
        self.arguments = arguments
