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
        """Return volts; random ones from a loose wire."""
        if self.fault() == LOOSE:
            return self._noise.uniform(0, 3.3)
        return self.values["volts"] + self._noise.gauss(0, self.values["noise"] / 1000)


class Button(Part):
    """A button to ground. Its contacts bounce `bounces` times before they rest."""

    WIRES = {"pin": None}
    VALUES = {"pressed": 0.0, "bounces": 4.0}
    LIMITS = {"pressed": (0, 1), "bounces": (0, 100)}
    # Takes the levels, one after the other; set by the wiring, which knows the pins.
    drive: Callable[[list[int]], None] | None = None

    def change(self, fields: dict[str, str]) -> None:
        """Press or release the button."""
        before = bool(self.values["pressed"])
        super().change(fields)
        after = bool(self.values["pressed"])
        if self.drive and after != before:
            level = 0 if after else 1
            self.drive([level, 1 - level] * int(self.values["bounces"]) + [level])


class Led(Part):
    """A light that reports its brightness, 0 to 1."""

    WIRES = {"pin": None}
    VALUES = {"lit": 1.0}  # the level at which it is on
    LIMITS = {"lit": (0, 1)}

    def shine(self, share: float) -> None:
        """Report the brightness for the share of the time in which the pin is high."""
        share = share if self.values["lit"] else 1 - share
        self.tell("part", part=self.name, brightness=round(share, 3))
