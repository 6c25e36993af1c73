"""One Thing of a fleet: the real domain, a virtual clock, and a cloud that counts.

Differs from the real ones: a call takes no time unless the scenario says so; the cloud never
refuses for load; all Things have the same app.
"""

from __future__ import annotations

import random
from collections import Counter
from functools import cache
from typing import Any

from domain.errors import AppError, LinkError
from domain.lifecycle import RUN
from domain.runner import Runner
from tests.fakes.apphost import FakeAppHost
from tests.fakes.cloud import SESSION, FakeCloud
from tests.fakes.console import FakeConsole
from tests.fakes.crypto import FakeCrypto
from tests.fakes.indicator import FakeIndicator
from tests.fakes.storage import MemoryStorage
from tests.fakes.thing import FakeThing, make_runner, make_thing, restarted, run_until
from tests.fleet.scenario import LONGEST_S, Scenario

OLD, GOOD, BAD = "1", "2", "bad"
TIMEOUT_MS = 10_000


class Restart(BaseException):
    """A restart of the machine."""


class Seen:
    """The counts over a fleet: `calls` by (second, name), `back` by second after the outage,
    `versions` by (second, version) as changes, `kept` the most readings that one had waiting."""

    def __init__(self) -> None:
        self.calls: Counter[tuple[int, str]] = Counter()
        self.back: Counter[int] = Counter()
        self.versions: Counter[tuple[int, str]] = Counter()
        self.things = self.readings = self.delivered = self.kept = 0

    def add(self, other: Seen) -> None:
        """Add the counts of other Things."""
        self.calls.update(other.calls)
        self.back.update(other.back)
        for key, change in other.versions.items():
            self.versions[key] += change
        self.things += other.things
        self.readings += other.readings
        self.delivered += other.delivered
        self.kept = max(self.kept, other.kept)


class _Quiet(FakeConsole, FakeIndicator):
    """A console and a light that keep nothing."""

    def event(self, level: int, name: str, fields: dict[str, Any]) -> None:
        """Forget the event."""

    def show(self, state: str) -> None:
        """Forget the state."""


class _Chance(FakeCrypto):
    """Crypto with a quick source of random bytes."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def random(self, size: int) -> bytes:
        return self.chance.randbytes(size)


class _Cloud(FakeCloud):
    """The cloud as one Thing meets it."""

    def __init__(self, member: Member) -> None:
        super().__init__()
        self.member = member
        del self.calls[:]

    def _call(self, name: str, *arguments: Any, session: bool = True) -> Any:
        member = self.member
        member.meets(name)
        if session and not (self._registered and self._alive):
            self._registered = False
            raise type(SESSION)(SESSION.code, SESSION.text)

    def reading(self, message: Any, epoch: int | str | None) -> None:
        self._call("reading")
        self.member.seen.delivered += 1

    def report(self, what: str, status: str, text: str | None) -> None:
        self._call("report")

    def management(self) -> tuple[dict[str, Any], None]:
        self._call("management")
        self.member.reached()
        return dict(self.settings), None

    def use(self, backend: str, ssl: bool) -> None:
        self.backend, self.ssl = backend, ssl

    def forget(self) -> None:
        self._registered = False


class _Apps(FakeAppHost):
    """The app of the fleet; its version is known by the code."""

    def __init__(self, member: Member) -> None:
        super().__init__()
        self.member = member

    def load(self, folder: str) -> None:
        code = self.member.thing.storage.files[folder + "/worker_task.py"]
        if code == BAD.encode():
            raise AppError("broken", "SyntaxError")
        self.folder, self.loaded = folder, True

    def call(self, task: str, data: Any, limit_ms: int) -> Any:
        if task == "worker":
            self.member.seen.readings += 1
            return {"value": 21}
        return None


class Member:
    """One Thing over its restarts."""

    def __init__(self, scenario: Scenario, number: int, seen: Seen) -> None:
        self.scenario, self.seen = scenario, seen
        self.chance = random.Random(scenario.seed * 1_000_003 + number)
        self.version = OLD
        self.waits_for_back = bool(scenario.outage)
        self.power = self.chance.random() < scenario.power_cut
        share = self.chance.random()
        self.wanted = GOOD if share < scenario.release else OLD
        self.wanted = BAD if share > 1 - scenario.bad_release else self.wanted
        self.gone = _router(scenario, number)
        self.thing: FakeThing = self._made()
        self._begin()

    def _made(self) -> FakeThing:
        cloud = _Cloud(self)
        every = str(self.scenario.interval)
        cloud.settings = {"management_interval": every, "worker_interval": every}
        cloud.settings["app_version"] = OLD
        cloud.apps = {it: {"worker_task.py": it, "management_task.py": it} for it in (GOOD, BAD)}
        cloud.apps[OLD] = {"worker_task.py": OLD, "management_task.py": OLD}
        quiet = _Quiet()
        thing = make_thing(
            cloud=cloud,
            apps=_Apps(self),
            crypto=_Chance(self.chance),
            console=quiet,
            indicator=quiet,
            storage=MemoryStorage(dict(_installed(self.scenario.interval))),
        )
        cloud.clock = thing.clock
        thing.clock.now = self.chance.randrange(self.scenario.interval * 1000)
        return thing

    def _begin(self) -> None:
        self.thing.system.on_restart = self._restart
        self.runner: Runner = make_runner(self.thing)

    def _restart(self) -> None:
        raise Restart

    # the world

    def meets(self, name: str) -> None:
        """Count a call, and let the network or the cloud fail it."""
        now, it = self.thing.clock.now, self.scenario
        second = now // 1000
        if second >= it.at and self.wanted != OLD:
            self.thing.cloud.settings["app_version"] = self.wanted
        if self.gone[0] <= second < self.gone[1]:
            raise LinkError("no_link", "the router is gone")
        if it.at <= second < it.at + it.outage:
            self.seen.calls[second, "refused"] += 1
            raise LinkError("refused", "connection refused")
        self.seen.calls[second, name] += 1
        if it.flaky and self.chance.random() < it.flaky:
            self.thing.clock.advance(TIMEOUT_MS)
            raise LinkError("timeout", "no answer")
        if it.slow and it.at <= second < it.at + it.slow_for:
            self.thing.clock.advance(it.slow)

    def reached(self) -> None:
        """Note the first exchange after the outage, and a version that is in force."""
        second = self.thing.clock.now // 1000
        end = self.scenario.at + self.scenario.outage
        if self.waits_for_back and second >= end:
            self.waits_for_back = False
            self.seen.back[second - end] += 1
        version = self.thing.journal.app.version
        if version != self.version:
            self.seen.versions[second, self.version] -= 1
            self.seen.versions[second, version] += 1
            self.version = version

    # time

    def live(self) -> None:
        """Live to the end of the scenario."""
        self.seen.things += 1
        self.seen.versions[0, OLD] += 1
        end, at = self.scenario.length * 1000, self.scenario.at * 1000
        pending = self.power or bool(self.scenario.clock_step)
        while self.thing.clock.now < end:
            if pending and self.thing.clock.now >= at:
                pending = False
                self._struck()
            try:
                self.runner.step()
            except Restart:
                self._start("restart")
        self.seen.kept = max(self.seen.kept, self.thing.queue.waiting())

    def _struck(self) -> None:
        if self.power:
            self.thing.clock.advance(60_000)
            self._start("power_on")
        epoch = self.thing.clock.epoch()
        if epoch is not None and self.scenario.clock_step:
            self.thing.clock.set_epoch(max(0, epoch + self.scenario.clock_step))

    def _start(self, cause: str) -> None:
        self.thing = restarted(self.thing, cause, indicator=self.thing.indicator)
        self._begin()


def _router(scenario: Scenario, number: int) -> tuple[int, int]:
    """Return from when to when the router before this Thing is gone."""
    if not scenario.routers:
        return 0, 0
    chance = random.Random("%d router %d" % (scenario.seed, number // scenario.routers))
    start = scenario.at + chance.randrange(60)
    return start, start + chance.randrange(10, LONGEST_S)


@cache
def _installed(interval: int) -> dict[str, bytes]:
    """Return the files of a Thing that has its app and settings; made once."""
    thing = make_thing()
    every = str(interval)
    thing.cloud.settings = {"management_interval": every, "worker_interval": every}
    thing.cloud.settings["app_version"] = OLD
    thing.cloud.apps[OLD] = {"worker_task.py": OLD, "management_task.py": OLD}
    runner = make_runner(thing)

    def done() -> bool:
        journal = thing.journal
        trial = journal.app.trial or journal.settings.trial
        return runner.machine.state == RUN and journal.app.version == OLD and not trial

    run_until(runner, done)
    return thing.storage.files
