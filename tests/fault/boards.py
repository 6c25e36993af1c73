"""The generated OS on the real MicroPython of a simulated ESP32: power cuts and small heaps.

Only a sample, since it is slow: a case is a series of faults on one board, each in an update.
"""

from __future__ import annotations

import importlib.util
import random
import time
from collections.abc import Iterator
from typing import Any

from app.demo import apps
from app.demo.processes import NotSeen
from app.demo.releases import Releases
from tests.e2e.conftest import World
from tests.fault.scenarios import NEW, OLD, Played
from tests.fault.world import Broken, Watch
from tests.patience import PATIENCE_S

CUT, HEAP = "power", "heap"
_SERIES = 2
_AT_ONCE = 8
_OPERATIONS = {"app update": 60, "OS update": 75}  # on the flash, from the start of the board
_HEAPS = (12_000, 16_000, 20_000, 24_000, 26_000, 28_000, 30_000, 32_000, 34_000, 38_000)  # bytes
_RETRY_S = 10  # for the board to resume an update that was cut
_SMALL_S = 12  # for an update in a small heap, which may fail


def cases(quick: bool) -> Iterator[str]:
    """Yield `scenario:power:operations` or `scenario:heap:bytes`; none without MicroPython."""
    if quick or importlib.util.find_spec("micropython_unix") is None:
        return
    for scenario in _OPERATIONS:
        chance = random.Random(scenario)
        for _ in range(_SERIES):
            cuts = sorted(chance.sample(range(2, _OPERATIONS[scenario]), _AT_ONCE))
            yield "%s:%s:%s" % (scenario, CUT, ",".join(map(str, cuts)))
    yield "app update:%s:%s" % (HEAP, ",".join(map(str, _HEAPS)))


def play(case: str, watch: Watch | None = None) -> Played:
    """Play one case; raise `Broken` if the Thing violates a guarantee."""
    scenario, how, text = case.split(":")
    with Board(watch) as board:
        outcomes = [board.strike(scenario, how, int(number)) for number in text.split(",")]
        since = board.since()
        board.wants(scenario, "last")
        if board.settled(since) != NEW:
            raise Broken("it does not come back: no further %s" % scenario)
        board.more_readings(1)
        return Played(NEW if NEW in outcomes else OLD, board.faults)


class Board(World):
    """A simulated ESP32 before the local cloud."""

    def __init__(self, watch: Watch | None) -> None:
        super().__init__()
        self.board = "esp32"
        self.faults = self.versions = 0
        self.watch = watch
        self.began = time.monotonic()
        self.goal: dict[str, str] = {}

    def __enter__(self) -> Board:
        super().__enter__()
        self.releases = Releases(self.folder / "releases")
        self.open("--dist", str(self.releases.dist))
        self.running("--trust", str(self.releases.trust))
        return self

    def say(self, name: str, **fields: Any) -> None:
        """Pass an event to the watcher, if there is one."""
        if self.watch:
            self.watch(int(1000 * (time.monotonic() - self.began)), 30, name, fields)

    def wants(self, scenario: str, why: str) -> None:
        """Publish the next version of the app or the OS, and request it."""
        self.versions += 1
        if scenario == "OS update":
            version = "3.%d.0" % self.versions
            self.releases.make(self.board, version)
            self.set(pythings_version=version)
            self.goal = {"event": "boot", "os": version}
        else:
            self.goal = {"event": "confirmed", "app": self.commit(apps.good(why))}
        self.say("WANTED", **self.goal)

    def strike(self, scenario: str, how: str, number: int) -> str:
        """Inject a fault during the next update; return whether NEW or OLD runs then."""
        outcome = self.settled((self._small if how == HEAP else self._cut)(scenario, number))
        self.say("BACK", outcome=outcome)
        return outcome

    def _cut(self, scenario: str, operations: int) -> int:
        self.order("power off")
        self.wants(scenario, "cut%d" % operations)
        since = self.since()
        self.order("power fail %d" % operations)
        self.order("power on")
        ended = self._seen(since, {"event": "power_cut"}, self.goal)
        self.faults += 1
        self.say("FAULT", what="power cut", operation=operations, before=ended["event"])
        if ended["event"] != "power_cut":  # the update ended before the cut
            self.order("power off")
        return self.order("power on")

    def _small(self, scenario: str, heap: int) -> int:
        self.thing.stop()
        self.wants(scenario, "heap%d" % heap)
        self.faults += 1
        self.say("FAULT", what="small heap", bytes=heap)
        self.start("--heap", str(heap))
        try:
            self.thing.wait_for("it", lambda event: self._is(event, self.goal), _SMALL_S)
            self.say("ENOUGH", bytes=heap)
            self.goal = {"event": "boot", "app": self.version}  # `confirmed` is told only once
        except NotSeen as error:
            self.say("SMALL", text=str(error)[:200])
        self.thing.kill()
        self.start()
        return 0

    def settled(self, since: int) -> str:
        """Wait until the requested version runs or is rolled back; return NEW or OLD."""
        found = self._seen(since, self.goal, {"event": "taken_back"}, {"event": "boot"})
        if found["event"] != "boot" or self._is(found, self.goal):
            return NEW if self._is(found, self.goal) else OLD
        self._seen(since, {"event": "session"})
        try:
            self.thing.wait_for("it", lambda event: self._is(event, self.goal), _RETRY_S, since)
            return NEW
        except NotSeen:
            return OLD  # the loader has rolled it back, and tells only the cloud

    def _seen(self, since: int, *wanted: dict[str, str]) -> dict[str, Any]:
        try:
            return self.thing.wait_for(
                "any of %s" % (wanted,),
                lambda event: any(self._is(event, one) for one in wanted),
                PATIENCE_S,
                since,
            )
        except NotSeen as error:
            raise Broken("it does not come back: %s" % str(error)[:400]) from None

    @staticmethod
    def _is(event: dict[str, Any], wanted: dict[str, str]) -> bool:
        return all(event.get(name) == wanted[name] for name in wanted)
