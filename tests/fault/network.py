"""Faults of the network at the bytes of each answer of the cloud, while something is updated.

Apps are signed here: over a wire on which bytes change unnoticed, which no TLS is, nobody else
could tell that one has.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from build.release import appsign
from domain.app.signed_app import NAME
from tests.fakes.signers import signer
from tests.fakes.thing import make_thing
from tests.fault.scenarios import Played, quiet, steady
from tests.fault.scenarios import play as play_scenario
from tests.fault.wire import CUT, GARBLE, PAGE, STALL, WiredCloud
from tests.fault.world import Told, Watch, World, app_files

SCENARIOS = ("app update", "settings update", "OS update", "OS update, keys", "readings")
HOWS = (CUT, STALL, GARBLE)
_SHORT = 200  # bytes: of such an answer all are tried
_SAMPLE = 24  # of a longer one
_QUICK = 199


def cases(quick: bool) -> Iterator[str]:
    """`scenario:how:answer,byte`, answers counted from the start of the scenario."""
    for scenario in SCENARIOS:
        found = []
        for number, length in enumerate(_lengths(scenario), 1):
            found.append("%s:%s:%d,0" % (scenario, PAGE, number))
            chance = random.Random("%s %d" % (scenario, number))
            at = (
                range(length) if length <= _SHORT else sorted(chance.sample(range(length), _SAMPLE))
            )
            found += ["%s:%s:%d,%d" % (scenario, how, number, byte) for how in HOWS for byte in at]
        yield from found[::_QUICK] if quick else found


def _lengths(scenario: str) -> list[int]:
    """Of the answers that it takes when nothing goes wrong."""
    world = Wired()
    steady(world)
    before = len(world.wire.answers)
    play_scenario(world, scenario)
    return [length for _, length in world.wire.answers[before:]]


def play(case: str, watch: Watch | None = None) -> Played:
    """Raises `Broken`."""
    scenario, how, place = case.split(":")
    number, at = map(int, place.split(","))
    world = Wired(watch)
    steady(world)
    before = world.faults
    world.wire.strike(number, how, at)
    outcome = play_scenario(world, scenario)
    accepts_more(world)
    return Played(outcome, world.faults - before)


def accepts_more(world: Wired) -> None:
    """Not of the OS: that takes most of the time, and `cut` has tried it."""
    world.say("FURTHER")
    world.want_interval(45)
    world.want_app("3")
    world.run(lambda: quiet(world) and world.thing.settings.worker_interval == 45, "settings 45")
    world.run(lambda: quiet(world) and world.thing.journal.app.version == "3", "app 3")
    world.run(lambda: quiet(world) and not world.thing.queue.waiting(), "empty queue")
    world.check_readings(set(range(1, world.count + 1)))


class Wired(World):
    """A `World` whose Thing speaks HTTP, and takes signed apps only."""

    def __init__(self, watch: Watch | None = None) -> None:
        super().__init__(watch)
        given = {"aid": "app-1", "apps": "signed"}
        cloud = WiredCloud(self.cloud, self.thing.crypto)
        cloud.clock = self.cloud.clock
        self.wire = cloud.wire
        self.wire.on_fault = self.fault
        thing = make_thing(
            storage=self.flash,
            version=self.thing.version,
            console=Told(self),
            given=given,
            cloud=cloud,
            clock=self.cloud.clock,
        )
        thing.apps.worker = self._worker
        self._begin(thing)

    def app_files(self, version: str) -> dict[str, str]:
        """With a signed manifest, and with what a cloud adds to each."""
        files = {name: text.encode() for name, text in app_files(version).items()}
        files[NAME] = appsign.manifest("app-1", int(version), 1, files, [signer("app")])
        found = {}
        for name, data in files.items():
            head = _SENSORS if "worker" in name else ""
            found[name] = "import logger\n%s%s\nversion='%s'" % (head, data.decode(), version)
        return found


_SENSORS = "try:\n    import sensors\nexcept ImportError:\n    pass\n\n"
