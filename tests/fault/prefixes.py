"""Power cuts on a real littlefs: at every operation on the flash, whole or torn.

A scenario is recorded once, with the storage of the boards. Then for each operation the flash is
restored as it was after it; littlefs mounts it, and the Thing starts with the files found there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Callable

from domain.errors import DeviceError
from tests.fakes.source import write
from tests.fault.device import Device, Files, Operation, apply
from tests.fault.flash import Flash
from tests.fault.scenarios import NEW, OLD, SCENARIOS, Broken, Played, accepts_more, quiet, steady
from tests.fault.scenarios import play as play_scenario
from tests.fault.world import Watch, World

WHOLE, TORN = "whole", "torn"
ROUNDS = 8  # recordings of each scenario, on a flash with more obsolete data each time
_USED = 5  # rewrites of a file per round
_QUICK = 19


@dataclass
class Recording:
    """A recorded scenario; `marks`: (number of operations, the files after these)."""

    image: bytes
    operations: list[Operation]
    marks: list[tuple[int, dict[str, bytes]]]
    world: World


def cases(quick: bool) -> Iterator[str]:
    """Yield `scenario:how:round,operation`: so many are done, the last one whole or in half."""
    for scenario in SCENARIOS:
        found = [
            "%s:%s:%d,%d" % (scenario, how, number, at)
            for number in range(1 if quick else ROUNDS)
            for how in (WHOLE, TORN)
            for at in range(1, len(record(scenario, number).operations) + 1)
        ]
        yield from found[::_QUICK] if quick else found


@cache
def record(scenario: str, number: int) -> Recording:
    """Return the recording of a scenario in a round; it is made once."""
    world = steady(World())
    flash = Recorded()
    for name in world.flash.files:
        data = world.flash.files[name]
        flash.mirror(lambda real, name=name, data=data: real.replace(name, data))  # type: ignore[misc]
    for _ in range(number * _USED):
        flash.mirror(lambda real: real.replace("trust", world.flash.files["trust"]))
    image = bytes(flash.device.buffer)
    flash.files, flash.on_fault = world.flash.files, world.fault
    flash.begin()
    world.flash = world.thing.storage = flash
    world.start("power_on")
    play_scenario(world, scenario)
    return Recording(image, flash.device.operations, flash.marks, world)


def play(case: str, watch: Watch | None = None) -> Played:
    """Play one case; raise `Broken` if the Thing violates a guarantee."""
    scenario, how, text = case.split(":")
    number, count = map(int, text.split(","))
    recording = record(scenario, number)
    buffer = bytearray(recording.image)
    for operation in recording.operations[: count - 1]:
        apply(buffer, operation)
    apply(buffer, recording.operations[count - 1], how == TORN)
    files = Files(Device(bytes(buffer))).all()
    _check(files, recording, count)
    world = World(watch)
    cloud, before = world.cloud, recording.world.cloud
    cloud.settings, cloud.apps = dict(before.settings), dict(before.apps)
    cloud.releases = dict(before.releases)
    world.flash.files = files
    world.count = recording.world.count
    world.kept = world.in_flash()
    world.fault("power cut", operation=count, how=how)
    world.start("power_on")
    world.run(lambda: quiet(world), "run")
    new = SCENARIOS[scenario].new(world)
    accepts_more(world)
    return Played(NEW if new else OLD, 1)


def _check(files: dict[str, bytes], recording: Recording, count: int) -> None:
    """Check that each file is as before or after the act, as ports/storage.py promises."""
    before = [files for at, files in recording.marks if at <= count - 1][-1]
    after = [files for at, files in recording.marks if at >= count][0]
    for name in set(files) | set(before) | set(after):
        found, old, new = files.get(name), before.get(name), after.get(name)
        appended = found is not None and (new or b"").startswith(found)
        if name.startswith("queue"):
            appended = appended and (found or b"").startswith(old or b"")
        else:  # the loader writes its record in place
            appended = appended and name.startswith("journal")
        if found not in (old, new) and not appended:
            raise Broken("a file that is not whole: %s" % name)


class Recorded(Flash):
    """Flash in memory that repeats every write on a littlefs."""

    def __init__(self) -> None:
        super().__init__()
        self.device = Device()
        self.real = Files(self.device, fresh=True)
        self.marks: list[tuple[int, dict[str, bytes]]] = []

    def begin(self) -> None:
        """Record from here on."""
        self.device.operations.clear()
        self.marks.clear()
        self._mark()

    def _mark(self) -> None:
        self.marks.append((len(self.device.operations), dict(self.files)))

    def mirror(self, act: Callable[[Any], object]) -> None:
        """Do the same on the littlefs, where it must succeed, too."""
        try:
            self.real.do(act)
        except DeviceError as error:
            raise AssertionError(error.text) from error
        self._mark()

    def replace(self, name: str, data: bytes) -> None:
        super().replace(name, data)
        self.mirror(lambda real: real.replace(name, data))

    def received(self, name: str, pieces: list[bytes]) -> None:
        super().received(name, pieces)
        self.mirror(lambda real: write(real, name, *pieces))

    def append(self, name: str, data: bytes) -> None:
        super().append(name, data)
        self.mirror(lambda real: real.append(name, data))

    def remove(self, name: str) -> None:
        super().remove(name)
        self.mirror(lambda real: real.remove(name))

    def mount(self) -> list[str]:
        names = super().mount()
        self.mirror(lambda real: real.mount())
        return names

    def open(self, path: str, mode: str) -> Any:
        """Open a file for the loader, which writes in place, on the littlefs, too."""
        file = super().open(path, mode)
        return _Both(self, path, file) if "w" in mode else file


class _Both:
    def __init__(self, flash: Recorded, path: str, file: Any) -> None:
        self._flash, self._path, self._file = flash, path, file

    def __enter__(self) -> _Both:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, data: bytes) -> None:
        self._file.write(data)
        with self._flash.real.open(self._path, "wb") as file:
            file.write(data)
        self._flash._mark()

    def flush(self) -> None:
        """Do nothing: all is written."""
