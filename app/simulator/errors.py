"""The errors of a simulation."""

from __future__ import annotations

Argument = str | int


class SimError(Exception):
    """The simulation cannot run like this; the text gives the reason and a remedy."""


class HardwareRefusal(Exception):
    """A refusal by the hardware: MicroPython's exception by name, and its arguments."""

    def __init__(self, error: str, *arguments: Argument) -> None:
        super().__init__(error, *arguments)
        self.error = error
        self.arguments = arguments
