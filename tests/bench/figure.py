"""One measured figure, and the way it is shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A measured value.

    `before`: the predecessor's (v1.1.0), as counted then, None if it has no such thing. `most` and
    `least`: the goal, if there is one.
    """

    name: str
    value: float
    unit: str = ""
    before: float | None = None
    most: float | None = None
    least: float | None = None

    @property
    def good(self) -> bool:
        """Whether the goal is met."""
        high = self.most is not None and self.value > self.most
        low = self.least is not None and self.value < self.least
        return not (high or low)

    @property
    def goal(self) -> str:
        """The goal in words; "" if there is none."""
        if self.most is not None:
            return "at most " + short(self.most)
        return "at least " + short(self.least) if self.least is not None else ""

    def row(self) -> tuple[str, str, str, str]:
        """Return name, value, predecessor's value and goal as texts."""
        before = "" if self.before is None else short(self.before)
        return self.name, ("%s %s" % (short(self.value), self.unit)).strip(), before, self.goal


def short(value: float) -> str:
    """Return a number with its thousands apart, and three digits where it is small."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else "%.3g" % value
