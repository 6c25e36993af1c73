"""The figures of a simulated fleet, from its counts; loads are means over ten seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.fleet.member import Seen
from tests.fleet.scenario import WARM_S, Scenario

BIN_S = 10
REFUSED = "refused"
FACTOR = 3  # the peak after an outage, at most, in steady loads


@dataclass
class Figures:
    """`load`: answered calls per second; `refused`: those that found no cloud; both by BIN_S."""

    scenario: Scenario
    things: int
    load: list[float]
    refused: list[float]
    steady: float
    peak: float
    peak_at: int
    back: dict[int, int]
    versions: list[dict[str, float]]
    kinds: dict[str, int] = field(default_factory=dict)
    readings: int = 0
    delivered: int = 0

    @property
    def back_last(self) -> int:
        """Return when the last Thing was back, in seconds after the outage; -1 if one is not."""
        if not self.scenario.outage:
            return 0
        return max(self.back, default=-1) if sum(self.back.values()) == self.things else -1

    def holds(self) -> bool:
        """Tell whether the fleet came back gently, and in time."""
        return (
            self.peak <= FACTOR * self.steady and 0 <= self.back_last <= self.scenario.back_within
        )

    def row(self) -> dict[str, Any]:
        """Return the object that `--json` prints."""
        return {
            "things": self.things,
            "steady": round(self.steady, 1),
            "peak": round(self.peak, 1),
            "peak_times_steady": round(self.peak / self.steady, 2) if self.steady else 0,
            "peak_at": self.peak_at,
            "back_last": self.back_last,
            "back_within": self.scenario.back_within,
            "calls": self.kinds,
            "readings": self.readings,
            "delivered": self.delivered,
            "versions": self.versions[-1],
            "load": [round(it, 1) for it in self.load],
            "refused": [round(it, 1) for it in self.refused],
            "share": self.versions,
            "holds": self.holds(),
        }


def figures(scenario: Scenario, seen: Seen) -> Figures:
    """Return the figures of the counts."""
    count = scenario.length // BIN_S
    load, refused = [0.0] * count, [0.0] * count
    kinds: dict[str, int] = {}
    for (second, name), calls in sorted(seen.calls.items()):
        kinds[name] = kinds.get(name, 0) + calls
        if second // BIN_S < count:
            row = refused if name == REFUSED else load
            row[second // BIN_S] += calls / BIN_S
    before = load[WARM_S // BIN_S : scenario.at // BIN_S]
    after = load[(scenario.at + scenario.outage) // BIN_S :]
    peak = max(after, default=0.0)
    return Figures(
        scenario,
        seen.things,
        load,
        refused,
        sum(before) / max(1, len(before)),
        peak,
        after.index(peak) * BIN_S if after else 0,
        dict(sorted(seen.back.items())),
        _shares(seen, count),
        kinds,
        seen.readings,
        seen.delivered,
    )


def _shares(seen: Seen, count: int) -> list[dict[str, float]]:
    """Return the share of the Things on each version, by BIN_S."""
    now: dict[str, int] = {}
    found = []
    changes = sorted(seen.versions.items())
    for number in range(count):
        while changes and changes[0][0][0] < (number + 1) * BIN_S:
            (_, version), change = changes.pop(0)
            now[version] = now.get(version, 0) + change
        shares = {it: round(n / max(1, seen.things), 4) for it, n in sorted(now.items()) if n}
        found.append(shares)
    return found
