"""The base of all parts: a name, wires, values that are set from outside, faults."""

from __future__ import annotations

import time
from typing import Callable

from app.simulator.errors import SimError

Tell = Callable[..., None]

SILENT = "silent"  # it does not answer
CORRUPT = "corrupt"  # it sends wrong data
STUCK = "stuck"  # it holds the line, and blocks all others on it
NONE = "none"


class Part:
    """A part.

    `WIRES`: its pins or addresses, None for one that must be given; `VALUES`: its values, as they
    are initially; `LIMITS`: their least and most, if limited; `FAULTS`: its possible faults.
    `tell(event, **fields)` receives the part's visible events.
    """

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
        """Set values, all or none; raise `SimError` if one is invalid."""
        found = {key: self._checked(key, number(key, text)) for key, text in fields.items()}
        self.values.update(found)

    def fail(self, fault: str, times: int = 0) -> None:
        """Set a fault, for ever or for `times` exchanges; raise `SimError` if it has none such."""
        if fault not in (NONE, *self.FAULTS):
            known = ", ".join((NONE, *self.FAULTS))
            raise SimError("%s cannot be %s - its faults are %s" % (self.name, fault, known))
        self._fault, self._times = fault, times

    def fault(self) -> str:
        """Return the fault of the exchange that begins, and count it."""
        found = self._fault
        if self._times:
            self._times -= 1
            if not self._times:
                self._fault = NONE
        return found

    def lose_power(self) -> None:
        """Forget all state that only power keeps."""

    def _checked(self, key: str, value: float) -> float:
        if key not in self.values:
            known = ", ".join(self.values) or "none"
            raise SimError("%s has no value %r - its values are %s" % (self.name, key, known))
        least, most = self.LIMITS.get(key, (value, value))
        if not least <= value <= most:
            raise SimError("%s: %s is between %g and %g" % (self.name, key, least, most))
        return value


def number(key: str, text: str) -> float:
    """Parse a value as it is typed: 21.5, -3, 0x76; raise `SimError` if it is no number."""
    try:
        found = int(text, 16) if text[:2] in ("0x", "0X") else float(text)
    except ValueError:
        found = float("nan")
    if not abs(found) < 1e9:  # nor NaN
        raise SimError("%s=%s is no number" % (key, text))
    return found
