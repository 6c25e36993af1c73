"""A Thing, its cloud and its flash over restarts, and what must hold whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Callable

from app.runtime import loader
from build.release.patch import between
from build.release.sources import file_of
from build.release.texts import File
from domain import record
from domain.app.signed_app import NAME
from domain.health.slots import PROVEN
from tests.fakes.cloud import DOWN
from tests.fakes.console import FakeConsole
from tests.fakes.signers import key_list, manifest
from tests.fakes.storage import PowerCut
from tests.fakes.thing import FakeThing, make_runner, make_thing, restarted
from tests.fault.flash import Flash

FACTORY = "2.0.0"
PATCHED = ("2.0.5", "2.1.0")  # what later releases have patches from
APP_KEYS = ("app",)
HOURS = 3_600_000

# (ms since the beginning, level, name, fields)
Watch = Callable[[int, int, str, dict[str, Any]], None]


class Broken(BaseException):
    """What must never happen; no code of the Thing may take it for an error of its own."""


class Restart(BaseException):
    """The machine starts again."""


class Told(FakeConsole):
    """What the Thing tells, passed on to whoever watches."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world

    def event(self, level: int, name: str, fields: dict[str, Any]) -> None:
        if self.world.watch:
            self.world.watch(self.world.thing.clock.now, level, name, fields)


class _Os:
    """The loader's `os`."""

    def __init__(self, flash: Flash) -> None:
        self.listdir = flash.listdir


@contextmanager
def loader_on(flash: Flash) -> Iterator[None]:
    """The loader sees this flash and no other files."""
    names: dict[str, Any] = vars(loader)
    before = names["os"]
    names["open"], names["os"] = flash.open, _Os(flash)
    try:
        yield
    finally:
        del names["open"]
        names["os"] = before


def release_files(version: str) -> dict[str, bytes]:
    """The OS of a version; most of it is the same in all."""
    return {
        "start.py": b"import pt\n",
        "pt.mpy": bytes(range(256)),
        "pt_new.mpy": version.encode() * 20,
        "version.py": ("version='%s'\n" % version).encode(),
    }


@cache
def release_folder(version: str, keys: int = 1) -> dict[str, bytes]:
    """What the cloud has of it; not to be changed."""
    made = []
    for name, data in release_files(version).items():
        made.append(File(name, data, "base64" if name.endswith("mpy") else "text"))
    patches = tuple(
        file_of("patch." + before, between(release_files(before), release_files(version)))
        for before in PATCHED
        if before < version and keys == 1  # and what comes whole
    )
    found = {file.name: file.wire for file in (*made, *patches)}
    found["release.txt"] = manifest(version, files=tuple(made), keys=keys, patches=patches)
    for number in range(2, keys + 1):
        found["keys.%d" % number] = key_list(number, app=APP_KEYS)
    return found


def app_files(version: str) -> dict[str, str]:
    """An app of two files that must not be mixed."""
    return {"worker_task.py": "# %s\n" % version * 9, "management_task.py": "# %s\n" % version}


class World:
    """From an empty device on, whose app, settings and OS are as the cloud wants them."""

    def __init__(self, watch: Watch | None = None) -> None:
        self.watch = watch
        self.flash = Flash()
        self.flash.on_fault = self.fault
        self.flash.files["trust"] = key_list(app=APP_KEYS)
        self.count = 0
        self.kept: set[int] = set()  # readings that were in the flash when the power went
        self.restarts = 0
        self.faults = 0  # that came about
        self.on_step: Callable[[], object] | None = None
        thing = make_thing(storage=self.flash, version=FACTORY, console=Told(self))
        self.cloud = thing.cloud
        self.cloud.settings.update(management_interval="60", worker_interval="60")
        thing.apps.worker = self._worker
        self._begin(thing)

    def fault(self, name: str, **fields: Any) -> None:
        """One has come about."""
        self.faults += 1
        self.say("FAULT", what=name, **fields)

    def say(self, name: str, **fields: Any) -> None:
        """To whoever watches."""
        if self.watch:
            self.watch(self.thing.clock.now, 30, name, fields)

    # what the cloud is made to want

    def want_app(self, version: str) -> None:
        """Publish and ask for it."""
        self.cloud.apps[version] = self.app_files(version)
        self.cloud.settings["app_version"] = version
        self.say("WANTED", app=version)

    def app_files(self, version: str) -> dict[str, str]:
        """What the cloud serves."""
        return app_files(version)

    def want_os(self, version: str, keys: int = 1) -> None:
        """Release and ask for it."""
        self.cloud.releases[version] = release_folder(version, keys)
        self.cloud.settings["pythings_version"] = version
        self.say("WANTED", os=version)

    def want_interval(self, seconds: int) -> None:
        """Other settings."""
        self.cloud.settings["worker_interval"] = str(seconds)
        self.say("WANTED", worker_interval=seconds)

    # time

    def run(self, done: Any, what: str, hours: int = 12) -> None:
        """Until `done()`, over restarts and cuts."""
        end = self.thing.clock.now + hours * HOURS
        for _ in range(20_000):
            if done():
                return
            if self.thing.clock.now > end:
                break
            self.step()
        raise Broken("it does not come back: no %s, in %s" % (what, self.runner.machine.state))

    def outage(self, minutes: int) -> None:
        """No cloud for a while."""
        self.say("WORLD", cloud="down")
        self.cloud.down = DOWN
        self.wait(minutes)
        self.cloud.down = None
        self.say("WORLD", cloud="up")

    def wait(self, minutes: int) -> None:
        """Let it work."""
        end = self.thing.clock.now + minutes * 60_000
        while self.thing.clock.now < end:
            self.step()

    def step(self) -> None:
        """One act of the Thing, and what its world does to it."""
        if self.on_step:
            self.on_step()
        try:
            self.runner.step()
        except Restart:
            self.start("restart")
        except PowerCut:
            self._power_cut()
        self._check_proven()

    def _power_cut(self) -> None:
        self.kept |= self.in_flash()
        self.start("power_on")

    def start(self, cause: str) -> None:
        """Through the loader, whose writes may be cut too."""
        self.restarts += 1
        self.say("START", cause=cause)
        while True:
            self.flash.restart() if self.flash.off else None
            try:
                place = self._pick()
                break
            except PowerCut:
                cause = "power_on"
        version = self._os_in(place) if place else FACTORY
        cut_at = self.flash._cut_at
        thing = restarted(self.thing, cause, version=version)
        self.flash._cut_at = cut_at  # a second cut may be due
        self._begin(thing)

    def _pick(self) -> str:
        with loader_on(self.flash):
            return loader.pick("", "start")[0]

    def _os_in(self, place: str) -> str:
        """The version in a slot that is about to run; whole, and of one release."""
        found = self.folder("os." + place)
        version = found.get("version.py", b"''").decode().split("'")[1]
        if version not in self.cloud.releases or found != release_files(version):
            raise Broken("an OS runs that is not whole: %s of %r" % (sorted(found), version))
        return version

    def folder(self, folder: str) -> dict[str, bytes]:
        """Its files, by their names in it."""
        files = self.flash.files
        return {
            name[len(folder) + 1 :]: data
            for name, data in files.items()
            if name.startswith(folder + "/")
        }

    def _begin(self, thing: FakeThing) -> None:
        self.thing = thing
        thing.system.on_restart = self._restart
        load = type(thing.apps).load.__get__(thing.apps)

        def checked(folder: str) -> None:
            self.check_app(folder)
            load(folder)

        thing.apps.load = checked  # type: ignore[method-assign]
        self.runner = make_runner(thing)

    def check_app(self, folder: str) -> None:
        """It is about to run."""
        version = self.thing.journal.app.version
        wanted = {name: text.encode() for name, text in self.app_files(version).items()}
        wanted.pop(NAME, None)  # read, and not kept
        found = self.folder(folder)
        found.pop(".sum", None)
        if found != wanted:
            raise Broken("an app runs that is not whole: %s for %s" % (folder, version))

    def _check_proven(self) -> None:
        """What counts as proven has run."""
        slot, thing = self.thing.journal.os, self.thing
        if slot.trial == PROVEN and slot.version and not thing.starting:
            staged = self.runner.machine.state == "recover"  # from the next start on
            if slot.version != thing.version and not staged:
                raise Broken("OS %s has proved itself while %s ran" % (slot.version, thing.version))

    def _restart(self) -> None:
        raise Restart

    # readings

    def _worker(self) -> dict[str, int]:
        self.count += 1
        return {"n": self.count}

    def in_flash(self) -> set[int]:
        """Readings that are whole in a segment, and not yet delivered."""
        found: set[int] = set()
        for name, data in self.flash.files.items():
            parts = name.split(".")
            if parts[0] == "queue" and len(parts) == 2:
                sent = len(self.flash.files.get(name + ".sent", b""))
                lines = [record.decode(line + b"\n")[1] for line in data.split(b"\n")[:-1]]
                found |= {line[1]["n"] for line in lines[sent:] if line}
        return found

    def check_readings(self, wanted: set[int] | None = None) -> None:
        """All that were kept have arrived, or all of `wanted`."""
        arrived = [reading["n"] for reading in self.cloud.readings.values()]
        missing = (self.kept if wanted is None else wanted) - set(arrived)
        if missing:
            raise Broken("readings are lost: %s" % sorted(missing))
