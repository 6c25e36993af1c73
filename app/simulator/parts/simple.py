"""Parts without a protocol: a voltage, a button, a light."""

from __future__ import annotations

import random
from typing import Callable

from app.simulator.parts.part import Part

LOOSE = "loose"  # the wire is off


class Analog(Part):
    """A voltage at an ADC's pin, with some noise (millivolts, one standard deviation)."""

    WIRES = {"pin": None}
    VALUES = {"volts": 0.0, "noise": 4.0}
    LIMITS = {"volts": (0, 3.6), "noise": (0, 500)}
    FAULTS = (LOOSE,)

    def __init__(self, name: str, fields: dict[str, str], tell: Callable[..., None]) -> None:
        super().__init__(name, fields, tell)
        self._noise = random.Random(name)  # noqa: S311 - the same each time

    def read(self) -> float:
        """In volts. A wire that is off picks up whatever there is."""
        if self.fault() == LOOSE:
            return self._noise.uniform(0, 3.3)
        return self.values["volts"] + self._noise.gauss(0, self.values["noise"] / 1000)


class Button(Part):
    """Leads to ground while it is pressed. Its contacts jump `bounces` times before they rest."""

    WIRES = {"pin": None}
    VALUES = {"pressed": 0.0, "bounces": 4.0}
    LIMITS = {"pressed": (0, 1), "bounces": (0, 100)}
    # Which levels there were, one after the other; set by who knows the pins.
    drive: Callable[[list[int]], None] | None = None

    def change(self, fields: dict[str, str]) -> None:
        """Press, or let go."""
        before = bool(self.values["pressed"])
        super().change(fields)
        after = bool(self.values["pressed"])
        if self.drive and after != before:
            level = 0 if after else 1
            self.drive([level, 1 - level] * int(self.values["bounces"]) + [level])


class Led(Part):
    """A light; says how bright it is, 0 to 1."""

    WIRES = {"pin": None}
    VALUES = {"lit": 1.0}  # the level at which it is on
    LIMITS = {"lit": (0, 1)}

    def shine(self, share: float) -> None:
        """The share of the time in which the pin is high."""
        share = share if self.values["lit"] else 1 - share
        self.tell("part", part=self.name, brightness=round(share, 3))
