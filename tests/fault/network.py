"""Network faults at the bytes of each answer of the cloud, in updates and while readings are sent.

Apps are signed here: on this wire, unlike with TLS, bytes change unnoticed, and only a signature
shows that one has.
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
_SHORT = 200  # bytes: up to this length, every byte of an answer is tried
_SAMPLE = 24  # bytes tried of a longer answer
_QUICK = 199


def cases(quick: bool) -> Iterator[str]:
    """Yield `scenario:how:answer,byte`; answers count from the start of the scenario."""
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
    """Return the lengths of the answers in a scenario without faults."""
    world = Wired()
    steady(world)
    before = len(world.wire.answers)
    play_scenario(world, scenario)
    return [length for _, length in world.wire.answers[before:]]


def play(case: str, watch: Watch | None = None) -> Played:
    """Play one case; raise `Broken` if the Thing violates a guarantee."""
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
    """Check further settings and an app; not an OS: that takes most time, and `cut` tries it."""
    world.say("FURTHER")
    world.want_interval(45)
    world.want_app("3")
    world.run(lambda: quiet(world) and world.thing.settings.worker_interval == 45, "settings 45")
    world.run(lambda: quiet(world) and world.thing.journal.app.version == "3", "app 3")
    world.run(lambda: quiet(world) and not world.thing.queue.waiting(), "empty queue")
    world.check_readings(set(range(1, world.count + 1)))


class Wired(World):
    """A `World` with a Thing that speaks HTTP and takes only signed apps."""

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
        """Return the files with a signed manifest, and with the lines that a cloud adds to each."""
        files = {name: text.encode() for name, text in app_files(version).items()}
        files[NAME] = appsign.manifest("app-1", int(version), 1, files, [signer("app")])
        found = {}
        for name, data in files.items():
            head = _SENSORS if "worker" in name else ""
            found[name] = "import logger\n%s%s\nversion='%s'" % (head, data.decode(), version)
        return found


_SENSORS = "try:\n    import sensors\nexcept ImportError:\n    pass\n\n"
