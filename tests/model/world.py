"""A Thing and its world as a value that can be copied, and the laws that hold at each step.

Where it differs from the real thing: time jumps to the next wait's end, random waits always take
their longest, OS releases hold four small files, an app is known by the first letter of its
version, and an OS by the last digit: 0 good, 1 hangs at its start, 2 cannot speak to its cloud,
3 crashes at its start.
"""

from __future__ import annotations

from typing import Any

from app.runtime import loader
from domain.health import journal as journals
from domain.health.slots import TRIED
from domain.lifecycle import BOOT
from tests.fakes.console import FakeConsole
from tests.fakes.crypto import FakeCrypto
from tests.fakes.indicator import FakeIndicator
from tests.fakes.signers import key_list
from tests.fakes.storage import PowerCut
from tests.fakes.thing import FakeThing, make_runner, make_thing
from tests.fault.flash import Flash
from tests.fault.world import APP_KEYS, FACTORY, HOURS, Broken, Restart, Watch, World, loader_on
from tests.model.cloud import DEAD, ModelApps, ModelCloud, Reset, folder
from tests.model.ghost import Ghost
from tests.model.laws import RETURN, TRIAL

SPIN = 300  # steps without time


class Silent(FakeIndicator):
    """A light that nothing looks at."""

    def show(self, state: str) -> None:
        """Forget it."""


class Longest(FakeCrypto):
    """Crypto with random waits that take their longest."""

    def __init__(self) -> None:
        self.fixed = b"\xff"


class Heard(FakeConsole):
    """A console that passes events on, if anything listens, and keeps none."""

    def __init__(self, world: ModelWorld) -> None:
        super().__init__()
        self.world = world

    def event(self, level: int, name: str, fields: dict[str, Any]) -> None:
        if self.world.watch:
            self.world.watch(self.world.thing.clock.now, level, name, fields)


class ModelFlash(Flash):
    """Flash with a power cut in, or just after, the next write to a file of some name."""

    def __init__(self) -> None:
        super().__init__()
        self.cut = ""  # the beginning of the name
        self.no_journal = False  # there is room for everything else

    def _named(self, name: str) -> None:
        if self.no_journal and name.startswith("journal"):
            self.fail_after(1)
        if self.cut and name.startswith(self.cut):
            self.cut = ""
            self.cut_after(1)

    def replace(self, name: str, data: bytes) -> None:
        self._named(name)
        super().replace(name, data)

    def received(self, name: str, pieces: list[bytes]) -> None:
        self._named(name)
        super().received(name, pieces)

    def append(self, name: str, data: bytes) -> None:
        self._named(name)
        super().append(name, data)

    def remove(self, name: str) -> None:
        self._named(name)
        super().remove(name)

    def open(self, path: str, mode: str) -> Any:
        """Open a file for the loader."""
        if "w" in mode:
            self._named(path.lstrip("/"))
        return super().open(path, mode)


class BugHere:
    """A use case with a bug."""

    def act(self) -> str | None:
        """Raise an error that the code does not foresee."""
        raise RuntimeError("a bug of the OS")


class ModelWorld(World):
    """A world with faults that are values; `visible` counts the events that end a move."""

    thing: FakeThing
    flash: ModelFlash
    cloud: ModelCloud
    apps: ModelApps

    def __init__(self, watch: Watch | None = None) -> None:
        self.watch = watch
        self.flash = ModelFlash()
        self.flash.on_fault = self.fault
        self.flash.files["trust"] = key_list(app=APP_KEYS)
        self.count = self.restarts = self.faults = 0
        self.kept = set()
        self.on_step = None
        self.cloud = ModelCloud()
        self.apps = ModelApps(self)
        self.apps.worker = self._worker
        self.spoilt = self.bug = False
        self.wants = 0
        self.visible = self.spins = 0
        self.ghost = Ghost()
        self._begin(self._made())

    def _made(self) -> FakeThing:
        thing = make_thing(
            storage=self.flash,
            version=FACTORY,
            console=Heard(self),
            cloud=self.cloud,
            apps=self.apps,
            crypto=Longest(),
            indicator=Silent(),
        )
        self.cloud.clock = thing.clock
        return thing

    def _begin(self, thing: FakeThing) -> None:
        self.thing = thing
        thing.system.on_restart = self._restart
        self.runner = make_runner(thing)

    # requests of the cloud

    def want(self, kind: str) -> None:
        """Publish a new version of this kind (`g`, `h`, `m`, `x`, `s`: an app; a digit: an OS)."""
        self.wants += 1
        if kind.isdigit():
            self.publish_os("2.%d.%s" % (self.wants, kind))
        else:
            self.want_app("%s%d" % (kind, self.wants))

    def publish_os(self, version: str) -> None:
        """Release a version of the OS, and request it."""
        self.cloud.releases[version] = folder(version)
        self.cloud.settings["pythings_version"] = version

    # a start

    def start(self, cause: str) -> None:
        """Start the Thing through the loader, with an OS that may hang or crash at its start."""
        if cause != "restart":
            self.ghost.reset(self)
            self.cloud.told_until = 0  # only memory knew it
        for _ in range(6):
            before = journals.load(self.flash.restart())
            super().start(cause)
            self.visible += 1
            self.ghost.starts += 1
            slot = before.os
            if slot.trial == TRIED and slot.version == self.thing.version != FACTORY:
                raise Broken("%s: an OS on trial starts a second time" % TRIAL)
            self.ghost.begin(before, cause != "restart")
            self.spoilt = False
            cause = self._ends_at_once()
            if not cause:
                self.cloud.deaf = self.thing.version[-2:] == ".2"
                return
        raise Broken("%s: six starts in a row end at once" % RETURN)

    def _ends_at_once(self) -> str:
        kind = self.thing.version[-2:]
        self.thing.indicator = Silent()
        if kind not in (".1", ".3") or self.thing.version == FACTORY:
            return ""
        self.thing.clock.advance(120_000)
        if kind == ".3":
            with loader_on(self.flash):
                loader.back("", "it does not start")
            return "crash"
        return "watchdog"

    # steps

    def step(self) -> None:
        """Run one step of the Thing, with its restarts and resets, and check the laws."""
        before, exchanges = self.thing.clock.now, self.cloud.exchanges
        slots, bug = self.ghost.slots(self), self.cloud.bug
        booting = self.runner.machine.state == BOOT and self.thing.starting
        wrecked = self.bug or self.spoilt
        if wrecked:
            self.bug = False
            self.runner.case = BugHere()
            self.ghost.disturb(self)
        try:
            if self.runner.step():
                self.visible += 1
            if bug and not self.cloud.bug:
                self.ghost.disturb(self)
            self.ghost.check(self, slots, booting)
            self._check_proven()
        except Restart:
            if wrecked:  # nothing can be stored then
                self.ghost.excuse(self)
            self.ghost.account(self, "a restart of its own", memory=False)
            self.start("restart")
        except PowerCut:
            self.start("power_on")
        except Reset:
            self.thing.clock.advance(1000)
            self.start("watchdog")
        self.visible += self.cloud.exchanges - exchanges
        self.spins = self.spins + 1 if self.thing.clock.now == before else 0
        if self.spins > SPIN:
            raise Broken("%s: it goes on and on in the same millisecond" % RETURN)

    def outside_trouble(self) -> bool:
        """Tell whether something that is no part of the Thing keeps it from its cloud, or from
        being well."""
        cloud = self.cloud
        waits = cloud.busy or cloud.told_until > cloud.clock.now
        away = bool(cloud.down or cloud.trouble or cloud.deaf or waits or cloud.spoils)
        dead = self.thing.settings.backend == DEAD
        return away or dead or bool(self.thing.links[0].fault) or self.spoilt or self.apps.hangs

    def passes(self, most_ms: int = HOURS) -> None:
        """Run until something visible happens, or for `most_ms`."""
        end, seen = self.thing.clock.now + most_ms, self.visible
        while self.visible == seen and self.thing.clock.now < end:
            self.step()

    def settles(self) -> None:
        """Run until nothing is on trial and the cloud was reached twice, or for 40 minutes."""
        end = self.thing.clock.now + 40 * 60_000
        good, exchanges = 0, self.cloud.exchanges
        while good < 2 and self.thing.clock.now < end:
            self.step()
            if self.cloud.exchanges != exchanges:
                exchanges = self.cloud.exchanges
                busy = journals.on_trial(self.thing.journal)
                good = 0 if busy or self.runner.machine.state != "run" else good + 1
