"""A firewall or proxy refuses a reading, reply or report for ever, or cuts the connection at it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain.errors import AppError, CloudError, LinkError
from tests.fault.scenarios import SCENARIOS, Played, accepts_more, quiet, steady
from tests.fault.scenarios import play as play_scenario
from tests.fault.world import Watch, World

READING, REPLY, REPORT = "reading", "reply", "report"
CUT = "cut"  # the connection, without an answer
# 403 and 404 of a firewall, 413 or 400 of a proxy, a page that makes no sense.
CODES = ("refused", "not_found", "unacceptable", "wrong", CUT)
_PLACES = (1, 2, 5, 9)  # of the refused item, counted from the start of the scenario
_MESSAGES = 16
_HOURS = 3


def cases(quick: bool) -> Iterator[str]:
    """Yield `scenario:what:code,place`; `place+`: that item and the next."""
    for scenario in SCENARIOS:
        found = [
            "%s:%s:%s,%d%s" % (scenario, what, code, place, two)
            for what in (READING, REPLY, REPORT)
            for code in CODES
            for place in _PLACES
            for two in ("", "+")
        ]
        yield from found[::31] if quick else found


def play(case: str, watch: Watch | None = None) -> Played:
    """Play one case; raise `Broken` if the Thing violates a guarantee."""
    scenario, what, place = case.split(":")
    code, number = place.split(",")
    world = World(watch)
    steady(world)
    barrier = _Barrier(world, what, code, int(number.rstrip("+")), 1 + number.endswith("+"))
    outcome = play_scenario(world, scenario)
    world.run(lambda: barrier.seen(), "%s %s" % (what, number), _HOURS)
    world.run(barrier.passed, "%s behind the one that is refused" % what, _HOURS)
    accepts_more(world)
    if scenario != "starts":  # its power cuts lose readings that were in memory only
        world.check_readings(set(range(1, world.count)) - barrier.readings)
    return Played(outcome, len(barrier.refused))


class _Barrier:
    """A filter before the cloud; `refused`: the texts of the items that it never passes."""

    def __init__(self, world: World, what: str, code: str, place: int, several: int) -> None:
        self.world, self.what, self.code = world, what, code
        self.places = range(place, place + several)
        self.refused: list[str] = []
        self.readings: set[int] = set()
        self.others = 0  # items passed after the first refused one
        self._order: list[str] = []
        cloud: Any = world.cloud
        self._through = getattr(cloud, what)
        setattr(cloud, what, self.call)
        if what == REPLY:
            cloud.messages += [("m%d" % n, "APP", "hello %d" % n) for n in range(1, _MESSAGES)]
            world.thing.apps.management = lambda data: "well %s" % data

    def call(self, *arguments: Any) -> None:
        """Pass or refuse an item; the same text is the same item, however often it is sent."""
        text = repr(arguments[:1] if self.what != REPORT else arguments)
        if text not in self._order:
            self._order.append(text)
        if self._order.index(text) + 1 in self.places:
            if text not in self.refused:
                self.refused.append(text)
                self.world.fault("refused", what=self.what, item=text[:80], code=self.code)
            if self.what == READING:
                self.readings.add(arguments[0]["n"])
            if self.code == CUT:
                raise LinkError(CUT, "the connection was cut - not this one")
            raise CloudError(self.code, "the cloud answers 403 - not this one")
        self._through(*arguments)
        self.others += bool(self.refused)

    def seen(self) -> bool:
        """Tell whether all have been refused; provoke reports, which may be too few otherwise."""
        if self.what == REPORT and len(self._order) < self.places[-1]:
            minutes = self.world.thing.clock.now // 120_000
            self.world.thing.apps.worker_fault = AppError("raised", "trouble %d" % minutes)
        return len(self.refused) >= len(self.places)

    def passed(self) -> bool:
        """Tell whether other items have passed, and the Thing is well."""
        self.world.thing.apps.worker_fault = None
        return quiet(self.world) and self.others >= 2
