"""The events that a simulated fleet meets, and when."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LONGEST_S = 300  # the longest backoff (domain/health/backoff.py)
WARM_S = 120  # until all are at work, from their start
MOST_THINGS = 10_000_000


class ScenarioError(ValueError):
    """A scenario that makes no sense; its text names the setting."""


@dataclass(frozen=True)
class Scenario:
    """Seconds, unless the name says otherwise; shares are from 0 to 1. All begins at `at`."""

    things: int = 10_000
    seed: int = 1
    interval: int = 60  # of management and worker
    at: int = 300
    outage: int = 0  # the cloud refuses all connections for so long
    slow: int = 0  # the cloud takes so many ms for each call, for as long as `slow_for`
    slow_for: int = 600
    flaky: float = 0.0  # share of calls that end in a timeout, all the time
    power_cut: float = 0.0  # share of the Things that lose their power at once, for 60 s
    routers: int = 0  # Things behind one router, each of which is gone for a while
    clock_step: int = 0  # the clocks of all Things are off by so much
    release: float = 0.0  # share of the Things for which a good version of the app is wanted
    bad_release: float = 0.0  # the same of one that does not load
    after: int = 600  # watched after the last event

    @property
    def until(self) -> int:
        """Return the second at which all events are over."""
        lasts = max(self.outage, self.slow_for if self.slow else 0, LONGEST_S * bool(self.routers))
        return self.at + lasts

    @property
    def length(self) -> int:
        """Return how long the fleet is watched."""
        return self.until + self.after

    @property
    def back_within(self) -> int:
        """Return in how many seconds after an outage all have to be back."""
        return LONGEST_S + self.interval


_LEAST = {"things": 1, "interval": 1, "at": WARM_S + 60, "after": 60}
_MOST = {"things": MOST_THINGS, "flaky": 0.9, "power_cut": 1, "release": 1, "bad_release": 1}


def make(values: dict[str, Any]) -> Scenario:
    """Return a scenario of these values. Raises `ScenarioError`."""
    kinds = {field.name: type(field.default) for field in dataclasses.fields(Scenario)}
    for name, value in values.items():
        if name not in kinds:
            raise ScenarioError("there is no setting %r; there are %s" % (name, ", ".join(kinds)))
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or (kinds[name] is int and not isinstance(value, int)):
            raise ScenarioError("%s is %r, and has to be a number" % (name, value))
        least, most = _LEAST.get(name, 0), _MOST.get(name, 1_000_000)
        if not least <= value <= most and name not in ("seed", "clock_step"):
            raise ScenarioError("%s is %s, and has to be %s to %s" % (name, value, least, most))
    return Scenario(**values)


def load(path: str) -> dict[str, Any]:
    """Return the values in a JSON file. Raises `ScenarioError`."""
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ScenarioError("%s cannot be read: %s" % (path, error)) from None
    if not isinstance(values, dict):
        raise ScenarioError('%s has to hold an object, as {"things": 1000, "outage": 600}' % path)
    return values
