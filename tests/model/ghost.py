"""A record beside a Thing of the events that excuse a loss, and the laws of each step."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from domain.health import journal as journals
from domain.health.slots import PROVEN, TRIED, Slot
from tests.fault.world import Broken
from tests.model.cloud import DEAD
from tests.model.laws import CHARGE, READINGS, TRIAL, WAITS

if TYPE_CHECKING:
    from domain.health.journal import Journal
    from tests.model.world import ModelWorld

KINDS = journals.KINDS
BLAME = 3  # unexplained faults, after which the app may be left out
LONGEST_MS = 300_000  # a wait that need not grow any more
SHORTEST_MS = 60_000  # the second wait of a loop

Slots = tuple[Slot, ...]


class Ghost:
    """`disturbed`: kinds with a version on trial that met a fault from outside; `exchanged`: kinds
    with one that has worked with the cloud; `blame`: faults that nothing on trial explains;
    `excused`: readings that only memory had when the power went."""

    def __init__(self) -> None:
        self.disturbed: set[str] = set()
        self.exchanged: set[str] = set()
        self.bad_settings: set[str] = set()
        self.proven: dict[str, str] = {}
        self.tried_before: Slots = ()
        self.blame = self.starts = self.seen = 0
        self.left_out = ""
        self.excused: set[int] = set()

    def slots(self, world: ModelWorld) -> Slots:
        """Return the slots of all kinds."""
        journal = world.thing.journal
        return journal.settings, journal.app, journal.os

    def disturb(self, world: ModelWorld) -> None:
        """Note a fault: it excuses a rollback of the versions on trial, or may be the app's."""
        on_trial = [kind for kind in KINDS if getattr(world.thing.journal, kind).trial]
        self.disturbed.update(on_trial)
        others = bool(on_trial) and "app" not in on_trial
        if not others and world.runner.machine.state != "update":
            self.blame += 1

    def reset(self, world: ModelWorld) -> None:
        """Note that the memory is lost, with the readings that are nowhere else."""
        self.disturb(world)
        self.excuse(world)

    def excuse(self, world: ModelWorld) -> None:
        """Excuse the readings that are in memory only."""
        self.excused |= self._all(world) - self._arrived(world) - world.in_flash()

    def begin(self, before: Journal, by_fault: bool) -> None:
        """Note the slots as a start found them: memory may have known better before a fault."""
        self.tried_before = before.settings, before.app, before.os
        if by_fault:
            self.disturbed.update(kind for kind in KINDS if getattr(before, kind).trial)

    def check(self, world: ModelWorld, before: Slots, booting: bool) -> None:
        """Check the laws of one step that began with these slots."""
        if world.outside_trouble():
            self.disturbed.update(
                kind for kind in KINDS if getattr(world.thing.journal, kind).trial
            )
        self._exchange(world)
        for kind, old, new in zip(KINDS, before, self.slots(world)):
            if new is not old and not booting:
                self._changed(world, kind, old, new)
        if booting and not world.thing.starting and self.tried_before:
            self._taken_back(world)
        self._left_out(world)
        _growing(world.cloud.tries)

    def _exchange(self, world: ModelWorld) -> None:
        if world.cloud.exchanges == self.seen:
            return
        self.seen = world.cloud.exchanges
        thing = world.thing
        own = thing.settings.backend in ("", world.cloud.met)
        self.exchanged.add("app")
        self.exchanged.update(["settings"] if own else [])
        if thing.journal.os.version == thing.version:
            self.exchanged.add("os")

    def _changed(self, world: ModelWorld, kind: str, old: Slot, new: Slot) -> None:
        if new.trial and new.version != old.version:
            self.disturbed.discard(kind)
            self.exchanged.discard(kind)
            if kind == "settings" and world.cloud.settings.get("backend") == DEAD:
                self.bad_settings.add(new.version)
        elif old.trial and new.trial == PROVEN and new.version == old.version:
            self._proven(world, kind, new.version)
        elif new.rejected and new.rejected != old.rejected:
            self._rejected(world, kind, new)

    def _proven(self, world: ModelWorld, kind: str, version: str) -> None:
        self.proven[kind] = version
        if kind not in self.exchanged:
            raise Broken("%s: %s %s is proven without an exchange" % (TRIAL, kind, version))
        apps = world.apps
        if kind == "app" and version[0] != "x" and len(apps.returned) < 2:
            raise Broken("%s: app %s is proven, and has not returned" % (TRIAL, version))

    def _rejected(self, world: ModelWorld, kind: str, new: Slot) -> None:
        if kind not in self.disturbed and self.healthy(world, kind, new.rejected):
            text = "%s: the healthy %s %s is taken back, and nothing was wrong in its trial"
            raise Broken(text % (CHARGE, kind, new.rejected))
        kept = self.proven.get(kind, "")
        if kind != "os" and kept and new.version != kept:
            raise Broken("%s: %s %s was proven, and is gone" % (CHARGE, kind, kept))

    def _taken_back(self, world: ModelWorld) -> None:
        """Check that a second start has ended each trial; the loader ends an OS's."""
        found, self.tried_before = self.tried_before, ()
        for kind, old, new in zip(KINDS, found, self.slots(world)):
            if kind != "os" and old.trial == TRIED and new.version == old.version:
                text = "%s: %s %s is still on trial after a second start"
                raise Broken(text % (TRIAL, kind, old.version))
            if new.rejected != old.rejected and new.rejected:
                self._rejected(world, kind, new)

    def _left_out(self, world: ModelWorld) -> None:
        journal = world.thing.journal
        left, self.left_out = self.left_out, journal.without_app
        if left or not journal.without_app or self.blame >= BLAME:
            return
        if self.healthy(world, "app", journal.app.version):
            text = "%s: the healthy app is left out after %d faults that may be its own"
            raise Broken(text % (CHARGE, self.blame))

    def healthy(self, world: ModelWorld, kind: str, version: str) -> bool:
        """Tell whether a version does as it should."""
        if kind == "app":
            return version[:1] == "g" and not world.apps.hangs
        if kind == "os":
            return version[-2:] not in (".1", ".2", ".3")
        return version not in self.bad_settings

    # readings

    def account(self, world: ModelWorld, where: str, memory: bool = True) -> None:
        """Check that each reading has arrived once, waits, or is excused."""
        queue = world.thing.queue
        have = self._arrived(world) | world.in_flash()
        if memory:
            have |= {item[1]["n"] for item in queue.fresh + queue.oldest}
        missing = self._all(world) - self.excused - have - world.cloud.refused
        if missing and (world.flash.full_from or _told(world.thing)):
            self.excused |= missing
        elif missing:
            raise Broken("%s: lost by %s: %s" % (READINGS, where, sorted(missing)))
        counts = Counter(reading["n"] for reading in world.cloud.readings.values())
        twice = {n for n, count in counts.items() if count > 1} - world.cloud.untimed
        if twice:
            raise Broken("%s: stored twice: %s" % (READINGS, sorted(twice)))

    def _all(self, world: ModelWorld) -> set[int]:
        return set(range(1, world.count + 1))

    def _arrived(self, world: ModelWorld) -> set[int]:
        return {reading["n"] for reading in world.cloud.readings.values()}


def _told(thing: Any) -> bool:
    """Tell whether the Thing counts readings as lost, and says so."""
    remarks = " ".join(thing.status.remarks)
    return bool(thing.journal.lost or thing.queue.lost or "readings lost" in remarks)


def _growing(tries: list[tuple[str, str, int]]) -> None:
    """Check that the waits between the tries of each version grow; the first may be none."""
    times: dict[tuple[str, str], list[int]] = {}
    for kind, version, at in tries:
        times.setdefault((kind, version), []).append(at)
    for (kind, version), when in times.items():
        gaps = [after - before for before, after in zip(when, when[1:])]
        for number, gap in enumerate(gaps[1:], 1):
            least = max(SHORTEST_MS, min(gaps[number - 1] + 1, LONGEST_MS))
            if gap < least:
                seconds = ", ".join("%d s" % (it // 1000) for it in gaps[: number + 1])
                raise Broken("%s: %s %s is tried again after %s" % (WAITS, kind, version, seconds))
