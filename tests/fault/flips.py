"""Flipped bits in every file that a Thing has stored."""

from __future__ import annotations

import random
from collections.abc import Iterator

from app.runtime import loader
from domain.errors import CloudError, LinkError
from tests.fault.scenarios import BY_HAND, NEW, OLD, Played, accepts_more, quiet, steady
from tests.fault.world import Broken, Watch, World, loader_on

FLIPS = 40  # per file
_QUICK = 1
_BACKEND = "cloud.example.org"

# Files that a person wrote once: the Thing cannot find out their original content.
_WRITTEN = {
    "aid": b"app-1",
    "tid": b"T-FAKE",
    "backend": _BACKEND.encode(),
    "app_timeout": b"30",
    "setup_timeout": b"60",
    "loglevel": b"info",
    "commands": b"off",
}
_READINGS = 7


def cases(quick: bool) -> Iterator[str]:
    """Yield `file:bit` for each file of `stored()`; a seed for each file draws the bits."""
    for name, data in stored().flash.files.items():
        chance = random.Random(name)
        bits = range(8 * len(data))
        for bit in sorted(chance.sample(bits, min(_QUICK if quick else FLIPS, len(bits)))):
            yield "%s:%d" % (name, bit)


def stored(watch: Watch | None = None) -> Flipped:
    """Return a world; its Thing stores all it can: two apps, two OSes, settings, readings."""
    world = Flipped(watch)
    world.flash.files.update(_WRITTEN)
    world.thing.given.clear()
    steady(world)
    world.want_interval(30)
    world.want_app("2")
    world.want_os("2.1.0")
    world.run(lambda: world.thing.version == "2.1.0" and quiet(world), "OS 2.1.0")
    world.run(lambda: world.thing.journal.app.version == "2" and quiet(world), "app 2")
    world.outage(_READINGS)
    return world


def play(case: str, watch: Watch | None = None) -> Played:
    """Play one case; raise `Broken` if the Thing violates a guarantee."""
    name, bit = case.split(":")
    world = stored(watch)
    data = bytearray(world.flash.files[name])
    waiting = world.in_flash()
    data[int(bit) // 8] ^= 1 << int(bit) % 8
    world.flash.files[name] = bytes(data)
    world.fault("bit flip", file=name, bit=int(bit))
    # Readings that can still be read must arrive; a record that was hit cannot be read.
    world.kept = world.in_flash() if name.startswith("queue") else waiting
    if name.startswith("os."):
        world.damaged = (name, bytes(data))
    world.start("power_on")
    outcome = _back(world, name)
    accepts_more(world)
    return Played(outcome, 1)


def _back(world: Flipped, name: str) -> str:
    """Wait until the Thing runs; return NEW, OLD, or BY_HAND if a person had to help."""
    outcome = NEW
    try:
        world.run(lambda: quiet(world) and world.cloud_heard(), "run")
    except Broken:
        if name not in _WRITTEN:
            raise
        world.say("WORLD", by_hand=name)
        world.flash.files[name] = _WRITTEN[name]
        world.start("power_on")
        world.run(lambda: quiet(world) and world.cloud_heard(), "run")
        outcome = BY_HAND
    here = (world.thing.version, world.thing.journal.app.version)
    return outcome if here == ("2.1.0", "2") else OLD


class Flipped(World):
    """A world with a cloud that knows one App and one Thing; an OS that was hit does not start."""

    damaged = ("", b"")

    def __init__(self, watch: Watch | None = None) -> None:
        super().__init__(watch)
        cloud, use, register = self.cloud, self.cloud.use, self.cloud.register
        self._calls = 0

        def known(identity: dict[str, object], encrypted: bool, modulus: int) -> int:
            if (cloud.backend, identity["aid"]) != (_BACKEND, "app-1"):
                raise CloudError("refused", "the cloud does not know this App")
            if identity["tid"] != "T-FAKE":
                raise LinkError("refused", "this is another Thing")
            return register(identity, encrypted, modulus)

        cloud.register = known  # type: ignore[method-assign]
        cloud.use = use  # type: ignore[method-assign]

    def start(self, cause: str) -> None:
        """Start the Thing; the calls to the cloud so far belong to the run before."""
        self._calls = len(self.cloud.calls)
        super().start(cause)

    def cloud_heard(self) -> bool:
        """Tell whether a management exchange took place since the last start."""
        return any(name == "management" for name, _ in self.cloud.calls[self._calls :])

    def _pick(self) -> str:
        """Pick an OS as on a board: one that does not start is rolled back."""
        place = super()._pick()
        name, data = self.damaged
        if place and name.startswith("os.%s/" % place) and self.flash.files.get(name) == data:
            with loader_on(self.flash):
                loader.back("", "it does not start: SyntaxError()")
            return super()._pick()
        return place
