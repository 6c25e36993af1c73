"""Two futures of a state: the world stays as it is, or is healed and wants more.

A future is the same each time, so it is played only until it meets a state from which it is known
to end well.
"""

from __future__ import annotations

from typing import Callable

from domain.health import journal as journals
from domain.readings.queue import Queue
from tests.fault.world import HOURS, Broken, Watch
from tests.model.cloud import DEAD
from tests.model.laws import CHARGE, FAIR, RETURN, WAITS
from tests.model.snapshot import digest, thawed
from tests.model.world import ModelWorld

OS = "2.99.0"
APP = "gz"
INTERVAL = "47"
STAYS_H = 6
LOOK_H = 3  # the end of it, in which each activity must have had its turn
MOST_STARTS = 16  # in STAYS_H: an outage restarts the machine once in a round of remedies
START_H = 4
COMES_BACK_H = 30  # an update that was held back is tried again after 17 h

_FUTURES = ("stays", "mends", "started", "wants")


class Futures:
    """The futures that are known to end well, by their first states; `watch` sees all events."""

    def __init__(self, watch: Watch | None = None) -> None:
        self.watch = watch
        self.good: dict[str, set[bytes]] = {name: set() for name in _FUTURES}
        self.played = 0

    def check(self, data: bytes) -> None:
        """Play both futures of a state; raise `Broken` if a law does not hold."""
        world = self._copy(data, "it stays as it is for %d h" % STAYS_H)
        self._stays(world)
        world = self._copy(data, "all is well again, and then new versions are wanted")
        heal(world)
        self._mends(world)

    def _copy(self, data: bytes, future: str) -> ModelWorld:
        world = thawed(data)
        world.watch = self.watch
        world.say("FUTURE", move=future)
        return world

    def _until(self, name: str, world: ModelWorld, done: Callable[[], bool], hours: int) -> bool:
        """Run until `done`; return False if that is known to come, and to end well."""
        met: set[bytes] = set()
        good = self.good[name]
        end = world.thing.clock.now + hours * HOURS
        while not done():
            state = digest(world)
            if state in good:
                good |= met
                return False
            met.add(state)
            self.played += 1
            world.passes()
            if world.thing.clock.now > end:
                where = world.runner.machine.state
                raise Broken("%s: not in %d h, in %s (%s)" % (RETURN, hours, where, name))
        good |= met
        return True

    def _stays(self, world: ModelWorld) -> None:
        """Check that the Thing bears the world as it is."""
        world.cloud.tries = []
        met: dict[bytes, tuple[int, ...]] = {}
        good = self.good["stays"]
        starts, begun = world.ghost.starts, world.thing.clock.now
        look = begun + (STAYS_H - LOOK_H) * HOURS
        counts: tuple[int, ...] = ()
        while world.thing.clock.now < begun + STAYS_H * HOURS:
            if not counts:
                state, now = digest(world), _counts(world)
                if state in good or (state in met and _healthy_round(met[state], now)):
                    break  # from here on it is as it was before
                met.setdefault(state, now)
                counts = now if world.thing.clock.now >= look else ()
            world.passes(HOURS // 4)
            self.played += 1
        world.ghost.account(world, "time")
        starts = world.ghost.starts - starts
        uncounted = world.flash.full_from and world.apps.hangs  # a known limit
        if starts > MOST_STARTS and not uncounted:
            raise Broken("%s: %d starts in %d h" % (WAITS, starts, STAYS_H))
        if counts:
            _fair(world, counts, _counts(world))
        good |= set(met)

    def _mends(self, world: ModelWorld) -> None:
        """Check that a healed world, after a start, has the Thing and its healthy app at work."""
        if not self._until("mends", world, _Calm(world), COMES_BACK_H):
            return
        world.start("power_on")  # a person pulls the plug, and puts it in again
        if not self._until("started", world, _Calm(world), START_H):
            return
        journal = world.thing.journal
        healthy = world.ghost.healthy(world, "app", journal.app.version)
        if journal.app.place and healthy and (journal.without_app or not world.apps.worked):
            raise Broken("%s: the healthy app stays left out: %s" % (CHARGE, journal.without_app))
        self._wants(world)

    def _wants(self, world: ModelWorld) -> None:
        """Check that the Thing takes new settings, an app and an OS, and delivers its readings."""
        world.cloud.tries = []
        world.cloud.settings.update(worker_interval=INTERVAL, backend="")
        world.want_app(APP)
        world.publish_os(OS)

        def done() -> bool:
            thing = world.thing
            return (
                thing.version == OS
                and thing.journal.app.version == APP
                and str(thing.settings.worker_interval) == INTERVAL
                and not journals.on_trial(thing.journal)
                and not waiting(thing.queue, world)
            )

        if self._until("wants", world, done, COMES_BACK_H):
            world.ghost.account(world, "the way back")


class _Calm:
    """Whether it has worked for six minutes with nothing on trial."""

    def __init__(self, world: ModelWorld) -> None:
        self.world = world
        self.since = world.thing.clock.now
        self.exchanges = world.cloud.exchanges
        self.good = 0
        self.world.apps.worked = 0

    def __call__(self) -> bool:
        world = self.world
        if world.cloud.exchanges != self.exchanges:
            self.exchanges = world.cloud.exchanges
            busy = journals.on_trial(world.thing.journal) or world.runner.machine.state != "run"
            self.good = 0 if busy else self.good + 1
        return self.good >= 8


def waiting(queue: Queue, world: ModelWorld) -> int:
    """Return how many readings wait that something may still take."""
    stuck = [item for item in queue.oldest + queue.fresh if item[1]["n"] in world.cloud.refused]
    return max(0, queue.waiting() - max(1, len(stuck)))


def heal(world: ModelWorld) -> None:
    """Remove all faults but those that only a reset, or a new version, mends."""
    world.cloud.heal()
    world.thing.links[0].fault = ""
    world.flash.full_from, world.flash.no_journal = 0, False
    world.flash.cut = ""
    world.apps.hangs, world.apps.slow = False, 0
    world.bug = False
    world.cloud.deaf = world.thing.version[-2:] == ".2"
    world.cloud.tries = []


def _counts(world: ModelWorld) -> tuple[int, ...]:
    return world.cloud.exchanges, world.apps.worked, world.cloud.delivered, world.ghost.starts


def _healthy_round(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """Tell whether all had a turn between two equal states, without a start: so it goes on."""
    done = [now - then for now, then in zip(after, before)]
    return all(done[:3]) and not done[3]


def _fair(world: ModelWorld, before: tuple[int, ...], after: tuple[int, ...]) -> None:
    """Check that each activity had its turn, where the world lets it."""
    cloud = world.cloud
    away = cloud.down or cloud.trouble or cloud.deaf or world.thing.links[0].fault
    if away or cloud.spoils or world.thing.settings.backend == DEAD:
        return
    done = [now - then for now, then in zip(after, before)]
    uses_app = bool(world.apps.loaded) and not world.thing.journal.without_app
    for name, count, due in zip(
        ("management", "the worker", "deliveries"), done, (True, uses_app, uses_app)
    ):
        if due and not count:
            raise Broken("%s: no turn for %s in %d h" % (FAIR, name, LOOK_H))
