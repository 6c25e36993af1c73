"""What all parts have in common: a name, wires, values that are set from outside, faults."""

from __future__ import annotations

import time
from typing import Callable

from app.simulator.errors import SimError

Tell = Callable[..., None]

SILENT = "silent"  # it does not answer
CORRUPT = "corrupt"  # what it sends is wrong
STUCK = "stuck"  # it holds the line, and nobody on it can talk
NONE = "none"


class Part:
    """`WIRES`: where it is, a number each, None where it must be said; `VALUES`: what can be set,
    and what it is at first; `LIMITS`: least and most, where there are such; `FAULTS`: those it can
    have. `tell(event, **fields)` is told what a person would see of it."""

    WIRES: dict[str, int | None] = {}
    VALUES: dict[str, float] = {}
    LIMITS: dict[str, tuple[float, float]] = {}
    FAULTS: tuple[str, ...] = ()

    def __init__(self, name: str, fields: dict[str, str], tell: Tell) -> None:
        self.name = name
        self.tell = tell
        self.clock = time.monotonic
        self.wires: dict[str, int] = {}
        for wire, at in self.WIRES.items():
            found = number(wire, fields.pop(wire)) if wire in fields else at
            if found is None:
                raise SimError("%s: say %s=NUMBER, where it is wired" % (name, wire))
            self.wires[wire] = int(found)
        self.values = dict(self.VALUES)
        self._fault, self._times = NONE, 0
        self.change(fields)
        self.lose_power()

    def change(self, fields: dict[str, str]) -> None:
        """Set values, all or none. Raises `SimError`."""
        found = {key: self._checked(key, number(key, text)) for key, text in fields.items()}
        self.values.update(found)

    def fail(self, fault: str, times: int = 0) -> None:
        """From now on, or only that many times. Raises `SimError`."""
        if fault not in (NONE, *self.FAULTS):
            known = ", ".join((NONE, *self.FAULTS))
            raise SimError("%s cannot be %s - its faults are %s" % (self.name, fault, known))
        self._fault, self._times = fault, times

    def fault(self) -> str:
        """What goes wrong with the exchange that begins."""
        found = self._fault
        if self._times:
            self._times -= 1
            if not self._times:
                self._fault = NONE
        return found

    def lose_power(self) -> None:
        """Forget what only power keeps."""

    def _checked(self, key: str, value: float) -> float:
        if key not in self.values:
            known = ", ".join(self.values) or "none"
            raise SimError("%s has no value %r - its values are %s" % (self.name, key, known))
        least, most = self.LIMITS.get(key, (value, value))
        if not least <= value <= most:
            raise SimError("%s: %s is between %g and %g" % (self.name, key, least, most))
        return value


def number(key: str, text: str) -> float:
    """A value as it is typed: 21.5, -3, 0x76. Raises `SimError`."""
    try:
        found = int(text, 16) if text[:2] in ("0x", "0X") else float(text)
    except ValueError:
        found = float("nan")
    if not abs(found) < 1e9:  # nor NaN
        raise SimError("%s=%s is no number" % (key, text))
    return found
