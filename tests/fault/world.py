"""A Thing, its cloud and its flash over restarts, and what must hold whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app.boards import loader
from build.release.texts import File
from domain import record
from domain.errors import DeviceError
from tests.fakes.cloud import DOWN
from tests.fakes.signers import key_list, manifest
from tests.fakes.storage import PowerCut
from tests.fakes.thing import FakeThing, make_runner, make_thing, restarted
from tests.fault.flash import Flash

FACTORY = "2.0.0"
HOURS = 3_600_000


class Broken(BaseException):
    """What must never happen; no code of the Thing may take it for an error of its own."""


class Restart(BaseException):
    """The machine starts again."""


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


def release_folder(version: str, keys: int = 1) -> dict[str, bytes]:
    """What the cloud has of it."""
    made = []
    for name, data in release_files(version).items():
        made.append(File(name, data, "base64" if name.endswith("mpy") else "text"))
    found = {file.name: file.wire for file in made}
    found["release.txt"] = manifest(version, files=tuple(made), keys=keys)
    for number in range(2, keys + 1):
        found["keys.%d" % number] = key_list(number)
    return found


def app_files(version: str) -> dict[str, str]:
    """An app of two files that must not be mixed."""
    return {"worker_task.py": "# %s\n" % version * 9, "management_task.py": "# %s\n" % version}


class World:
    """From an empty device on, whose app, settings and OS are as the cloud wants them."""

    def __init__(self) -> None:
        self.flash = Flash()
        self.flash.files["trust"] = key_list()
        self.count = 0
        self.kept: set[int] = set()  # readings that were in the flash when the power went
        self.restarts = 0
        self.cuts = 0
        thing = make_thing(storage=self.flash, version=FACTORY)
        self.cloud = thing.cloud
        self.cloud.settings.update(management_interval="60", worker_interval="60")
        thing.apps.worker = self._worker
        self._begin(thing)

    # what the cloud is made to want

    def want_app(self, version: str) -> None:
        """Publish and ask for it."""
        self.cloud.apps[version] = app_files(version)
        self.cloud.settings["app_version"] = version

    def want_os(self, version: str, keys: int = 1) -> None:
        """Release and ask for it."""
        self.cloud.releases[version] = release_folder(version, keys)
        self.cloud.settings["pythings_version"] = version

    def want_interval(self, seconds: int) -> None:
        """Other settings."""
        self.cloud.settings["worker_interval"] = str(seconds)

    # time

    def run(self, done: Any, what: str, hours: int = 12) -> None:
        """Until `done()`, over restarts and cuts."""
        end = self.thing.clock.now + hours * HOURS
        for _ in range(20_000):
            if done():
                return
            if self.thing.clock.now > end:
                break
            self._step()
        raise Broken("it does not come back: no %s, in %s" % (what, self.runner.machine.state))

    def outage(self, minutes: int) -> None:
        """No cloud for a while."""
        self.cloud.down = DOWN
        end = self.thing.clock.now + minutes * 60_000
        while self.thing.clock.now < end:
            self._step()
        self.cloud.down = None

    def _step(self) -> None:
        try:
            self.runner.step()
        except Restart:
            self._start("restart")
        except PowerCut:
            self._power_cut()

    def _power_cut(self) -> None:
        self.cuts += 1
        self.kept |= self._in_flash()
        self._start("power_on")

    def _start(self, cause: str) -> None:
        """Through the loader, whose writes may be cut too."""
        self.restarts += 1
        while True:
            self.flash.restart() if self.flash.off else None
            try:
                with loader_on(self.flash):
                    place, _ = loader.pick("", "start")
                break
            except PowerCut:
                self.cuts += 1
                cause = "power_on"
        version = self._os_in(place) if place else FACTORY
        cut_at = self.flash._cut_at
        thing = restarted(self.thing, cause, version=version)
        self.flash._cut_at = cut_at  # a second cut may be due
        self._begin(thing)

    def _os_in(self, place: str) -> str:
        """The version in a slot that is about to run; whole, and of one release."""
        found = self._folder("os." + place)
        version = found.get("version.py", b"''").decode().split("'")[1]
        if version not in self.cloud.releases or found != release_files(version):
            raise Broken("an OS runs that is not whole: %s of %r" % (sorted(found), version))
        return version

    def _folder(self, folder: str) -> dict[str, bytes]:
        files = self.flash.files
        return {
            name[len(folder) + 1 :]: data
            for name, data in files.items()
            if name.startswith(folder + "/")
        }

    def _begin(self, thing: FakeThing) -> None:
        self.thing = thing
        thing.system.on_restart = self._restart
        thing.console.events.clear()
        load = type(thing.apps).load.__get__(thing.apps)

        def checked(folder: str) -> None:
            self._check_app(folder)
            load(folder)

        thing.apps.load = checked  # type: ignore[method-assign]
        self.runner = make_runner(thing)

    def _check_app(self, folder: str) -> None:
        version = self.thing.journal.app.version
        wanted = {name: text.encode() for name, text in app_files(version).items()}
        if self._folder(folder) != wanted:
            raise Broken("an app runs that is not whole: %s for %s" % (folder, version))

    def _restart(self) -> None:
        raise Restart

    # readings

    def _worker(self) -> dict[str, int]:
        self.count += 1
        return {"n": self.count}

    def _in_flash(self) -> set[int]:
        """Readings that are whole in a segment, and not yet delivered."""
        found: set[int] = set()
        for name, data in self.flash.files.items():
            parts = name.split(".")
            if parts[0] == "queue" and len(parts) == 2:
                sent = len(self.flash.files.get(name + ".sent", b""))
                lines = [record.decode(line + b"\n")[1] for line in data.split(b"\n")[:-1]]
                found |= {line[1]["n"] for line in lines[sent:] if line}
        return found

    def check_readings(self) -> None:
        """All that were kept have arrived."""
        arrived = [reading["n"] for reading in self.cloud.readings.values()]
        missing = self.kept - set(arrived)
        if missing:
            raise Broken("readings are lost: %s" % sorted(missing))


def journal_is_told(world: World) -> None:
    """The record in the flash can be read."""
    try:
        record.load(world.flash, "journal")
    except DeviceError as error:
        raise Broken("the journal cannot be read: %s" % error) from None
