"""A light on a pin."""

from __future__ import annotations

from typing import Any

import machine

from domain.lifecycle import RUN


class PinIndicator:
    """A light that is on while all is well; `lit`: the pin's value for that. Raises ValueError for
    a pin that the board does not have."""

    def __init__(self, pin: int, lit: int) -> None:
        self._pin = machine.Pin(pin, machine.Pin.OUT)
        self._lit = lit

    def show(self, state: str) -> None:
        """Switch the light on in `run`, and off in all other states."""
        self._pin.value(self._lit if state == RUN else 1 - self._lit)


def held(number: int) -> Any:
    """Return the pin of a button that leads to ground."""
    return machine.Pin(number, machine.Pin.IN, machine.Pin.PULL_UP)
