"""A Thing, its cloud and its flash over restarts, and the guarantees that must always hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Callable

from app.runtime import loader
from build.release.patch import between
from build.release.sources import file_of
from build.release.texts import ReleaseFile
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
PATCHED = ("2.0.5", "2.1.0")  # versions from which later releases have patches
APP_KEYS = ("app",)
HOURS = 3_600_000

# (ms since the beginning, level, name, fields)
Watch = Callable[[int, int, str, dict[str, Any]], None]


class Broken(BaseException):
    """A guarantee is violated; no code of the Thing may take this for an error of its own."""


class Restart(BaseException):
    """A restart of the machine."""


class Told(FakeConsole):
    """A console that passes the Thing's events to the watcher."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world

    def event(self, level: int, name: str, fields: dict[str, Any]) -> None:
        if self.world.watch:
            self.world.watch(self.world.thing.clock.now, level, name, fields)


class _Os:
    """The loader's `os`, on this flash."""

    def __init__(self, flash: Flash) -> None:
        self.listdir = flash.listdir


@contextmanager
def loader_on(flash: Flash) -> Iterator[None]:
    """Let the loader see this flash and no other files."""
    names: dict[str, Any] = vars(loader)
    before = names["os"]
    names["open"], names["os"] = flash.open, _Os(flash)
    try:
        yield
    finally:
        del names["open"]
        names["os"] = before


def release_files(version: str) -> dict[str, bytes]:
    """Return the files of an OS; most of them are the same in all versions."""
    return {
        "start.py": b"import pt\n",
        "pt.mpy": bytes(range(256)),
        "pt_new.mpy": version.encode() * 20,
        "version.py": ("version='%s'\n" % version).encode(),
    }


@cache
def release_folder(version: str, keys: int = 1) -> dict[str, bytes]:
    """Return the files of a release in the cloud; the caller must not change them."""
    made = []
    for name, data in release_files(version).items():
        made.append(ReleaseFile(name, data, "base64" if name.endswith("mpy") else "text"))
    patches = tuple(
        file_of("patch." + before, between(release_files(before), release_files(version)))
        for before in PATCHED
        if before < version and keys == 1  # with more keys it comes whole
    )
    found = {file.name: file.wire for file in (*made, *patches)}
    found["release.txt"] = manifest(version, files=tuple(made), keys=keys, patches=patches)
    for number in range(2, keys + 1):
        found["keys.%d" % number] = key_list(number, app=APP_KEYS)
    return found


def app_files(version: str) -> dict[str, str]:
    """Return an app of two files; those of different versions must not be mixed."""
    return {"worker_task.py": "# %s\n" % version * 9, "management_task.py": "# %s\n" % version}


class World:
    """A Thing, at first an empty device, that takes its app, settings and OS from the cloud."""

    def __init__(self, watch: Watch | None = None) -> None:
        self.watch = watch
        self.flash = Flash()
        self.flash.on_fault = self.fault
        self.flash.files["trust"] = key_list(app=APP_KEYS)
        self.count = 0
        self.kept: set[int] = set()  # readings that were in the flash at a power cut
        self.restarts = 0
        self.faults = 0  # faults that occurred
        self.on_step: Callable[[], object] | None = None
        thing = make_thing(storage=self.flash, version=FACTORY, console=Told(self))
        self.cloud = thing.cloud
        self.cloud.settings.update(management_interval="60", worker_interval="60")
        thing.apps.worker = self._worker
        self._begin(thing)

    def fault(self, name: str, **fields: Any) -> None:
        """Count a fault that occurred, and tell the watcher."""
        self.faults += 1
        self.say("FAULT", what=name, **fields)

    def say(self, name: str, **fields: Any) -> None:
        """Pass an event to the watcher, if there is one."""
        if self.watch:
            self.watch(self.thing.clock.now, 30, name, fields)

    # requests of the cloud

    def want_app(self, version: str) -> None:
        """Publish a version of the app, and request it."""
        self.cloud.apps[version] = self.app_files(version)
        self.cloud.settings["app_version"] = version
        self.say("WANTED", app=version)

    def app_files(self, version: str) -> dict[str, str]:
        """Return the files of the app that the cloud serves."""
        return app_files(version)

    def want_os(self, version: str, keys: int = 1) -> None:
        """Release a version of the OS, and request it."""
        self.cloud.releases[version] = release_folder(version, keys)
        self.cloud.settings["pythings_version"] = version
        self.say("WANTED", os=version)

    def want_interval(self, seconds: int) -> None:
        """Request another worker interval."""
        self.cloud.settings["worker_interval"] = str(seconds)
        self.say("WANTED", worker_interval=seconds)

    # time

    def run(self, done: Any, what: str, hours: int = 12) -> None:
        """Step until `done()`, over restarts and cuts; raise `Broken` after so many hours."""
        end = self.thing.clock.now + hours * HOURS
        for _ in range(20_000):
            if done():
                return
            if self.thing.clock.now > end:
                break
            self.step()
        raise Broken("it does not come back: no %s, in %s" % (what, self.runner.machine.state))

    def outage(self, minutes: int) -> None:
        """Let the Thing work for so many minutes without a cloud."""
        self.say("WORLD", cloud="down")
        self.cloud.down = DOWN
        self.wait(minutes)
        self.cloud.down = None
        self.say("WORLD", cloud="up")

    def wait(self, minutes: int) -> None:
        """Let the Thing work for so many minutes."""
        end = self.thing.clock.now + minutes * 60_000
        while self.thing.clock.now < end:
            self.step()

    def step(self) -> None:
        """Run one step of the Thing, with its restarts and power cuts, and check the proven OS."""
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
        """Start the Thing through the loader, which may be cut in its writes, too."""
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
        """Return the version in a slot about to run; it must be whole, and of one release."""
        found = self.folder("os." + place)
        version = found.get("version.py", b"''").decode().split("'")[1]
        if version not in self.cloud.releases or found != release_files(version):
            raise Broken("an OS runs that is not whole: %s of %r" % (sorted(found), version))
        return version

    def folder(self, folder: str) -> dict[str, bytes]:
        """Return the files of a folder, by their names in it."""
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
        """Check that the app in a folder is whole, before it runs."""
        version = self.thing.journal.app.version
        wanted = {name: text.encode() for name, text in self.app_files(version).items()}
        wanted.pop(NAME, None)  # the manifest is read, and not kept
        found = self.folder(folder)
        found.pop(".sum", None)
        if found != wanted:
            raise Broken("an app runs that is not whole: %s for %s" % (folder, version))

    def _check_proven(self) -> None:
        """Check that an OS that counts as proven has run."""
        slot, thing = self.thing.journal.os, self.thing
        if slot.trial == PROVEN and slot.version and not thing.starting:
            staged = self.runner.machine.state == "recover"  # it is to run from the next start on
            if slot.version != thing.version and not staged:
                raise Broken("OS %s has proved itself while %s ran" % (slot.version, thing.version))

    def _restart(self) -> None:
        raise Restart

    # readings

    def _worker(self) -> dict[str, int]:
        self.count += 1
        return {"n": self.count}

    def in_flash(self) -> set[int]:
        """Return the readings that are whole in a segment, and not yet delivered."""
        found: set[int] = set()
        for name, data in self.flash.files.items():
            parts = name.split(".")
            if parts[0] == "queue" and len(parts) == 2:
                sent = len(self.flash.files.get(name + ".sent", b""))
                lines = [record.decode(line + b"\n")[1] for line in data.split(b"\n")[:-1]]
                found |= {line[1]["n"] for line in lines[sent:] if line}
        return found

    def check_readings(self, wanted: set[int] | None = None) -> None:
        """Check that all readings of `kept` have arrived, or all of `wanted`."""
        arrived = [reading["n"] for reading in self.cloud.readings.values()]
        missing = (self.kept if wanted is None else wanted) - set(arrived)
        if missing:
            raise Broken("readings are lost: %s" % sorted(missing))
