"""Copies of a world, and the digest by which two worlds count as the same state.

Not in the digest: absolute time, counters, which readings wait (but how many, and where), the
numbers in versions (but their kinds, and which are the same). Waits count in steps of ten seconds.
"""

from __future__ import annotations

import hashlib
import pickle
import re
from typing import Any

from domain import record
from domain.states.recover import Recover
from domain.states.run import Run
from tests.model.world import ModelWorld

_STEP_MS = 10_000
_LONG_MS = 900_000  # longer ago is the same


def frozen(world: ModelWorld) -> bytes:
    """Return a copy of a world as bytes."""
    watch, world.watch = world.watch, None
    try:
        return pickle.dumps(world, 5)
    finally:
        world.watch = watch


def thawed(data: bytes) -> ModelWorld:
    """Return the world of a copy."""
    world: ModelWorld = pickle.loads(data)
    return world


def digest(world: ModelWorld) -> bytes:
    """Return 16 bytes that are the same for worlds in the same state."""
    parts = (_thing(world), _case(world), _files(world), _cloud(world), _ghost(world))
    return hashlib.blake2b(_renamed(repr(parts)).encode(), digest_size=16).digest()


_VERSION = re.compile(r"\b(?:2\.[0-9]+\.([0-9])|([ghmxs])[0-9z]+)\b")


def _renamed(text: str) -> str:
    """Number the versions by where they come first."""
    names: dict[str, str] = {}

    def rename(found: re.Match[str]) -> str:
        kind = found[1] or found[2]
        return names.setdefault(found[0], "%s#%d" % (kind, len(names)))

    return _VERSION.sub(rename, text)


def _until(ms: int, now: int) -> int:
    return max(-1, ms - now + _STEP_MS - 1) // _STEP_MS


def _thing(world: ModelWorld) -> Any:
    thing, now = world.thing, world.thing.clock.now
    held = [
        (it.version, it.tries, _until(it.until, now))
        for it in (thing.held_settings, thing.held_app, thing.held_os)
    ]
    queue = thing.queue
    app = thing.app
    return (
        world.runner.machine.state,
        thing.version,
        _journal(thing.journal),
        held,
        thing.settings,
        thing.wanted,
        sorted(thing.status.now.items()),
        sorted(thing.status.told.items()),
        thing.status.remarks,
        len(thing.replies),
        _until(thing.worker_due, now),
        _until(thing.app_after, now),
        (thing.linked, thing.taken, thing.app_told, thing.starting, thing.unsaved, thing.quick),
        (thing.passing, min(thing.cuts, 9), _until(thing.quiet_until, now)),
        thing.trouble and (type(thing.trouble).__name__, thing.trouble.code),
        (len(queue.fresh), len(queue.oldest), len(queue.segments), queue.doubtful, queue.lost),
        queue.size == queue.segment,
        [item[2:] for item in queue.oldest + queue.fresh],
        app and (app.loaded, app.broken, min(app.good_calls, 10), app.back, app.problems),
        thing.system.cause,
    )


def _journal(journal: Any) -> Any:
    numbers = ("number", "offered", "floor", "__weakref__")
    kept = [getattr(journal, name) for name in journal.__slots__ if name not in numbers]
    return kept, journal.offered > journal.floor


def _case(world: ModelWorld) -> Any:
    case, now = world.runner.case, world.thing.clock.now
    if isinstance(case, Run):
        dues = [_until(it, now) for it in (case.management_due, case.cloud_due)]
        since = min(_LONG_MS, now - case.since) // _STEP_MS
        counts = (case.troubles, case.refusals, case.taken, case.barred, case.worked)
        return dues, since, counts, (case.met, case.moved, case.strange)
    if isinstance(case, Recover):
        return case.remedy, _until(case.until, now), case.app is None, case.within
    return type(case).__name__


def _files(world: ModelWorld) -> Any:
    flash = world.flash
    found = []
    for name, data in flash.files.items():
        if name.startswith("journal"):
            value = record.decode(data)[1] or {}
            found.append(("journal", [value[it] for it in value if it not in ("offered", "floor")]))
        elif not name.startswith("queue"):
            code = name.startswith(("app.", "os.")) and name.endswith(".py")
            found.append((name, [data[:17]] if code else []))
    found.sort(key=lambda it: it[0])  # the two copies of the journal as they were written
    return found, flash.cut, flash.full_from, flash.no_journal


def _cloud(world: ModelWorld) -> Any:
    cloud, now = world.cloud, world.thing.clock.now
    modes = (cloud.trouble, cloud.busy, cloud.refuse_next, cloud.bug, cloud.deaf, cloud.lose)
    return (
        sorted(cloud.settings.items()),
        cloud.down and cloud.down.code,
        modes,
        (cloud.spoils, cloud.slow, cloud.in_session(), cloud._alive, cloud.backend, cloud.met),
        _until(cloud.told_until, now),
        len(cloud.messages),
        len(cloud.refused),
        world.thing.links[0].fault,
        (world.apps.hangs, world.apps.slow, world.apps.loaded, sorted(world.apps.returned)),
        (world.spoilt, world.bug),
    )


def _ghost(world: ModelWorld) -> Any:
    ghost = world.ghost
    tries = world.cloud.tries
    last = tries[-3:]
    gaps = [(b[2] - a[2]) // _STEP_MS for a, b in zip(last, last[1:])]
    return (
        sorted(ghost.disturbed),
        sorted(ghost.exchanged),
        min(ghost.blame, 3),
        [it[:2] for it in last],
        gaps,
        _until(last[-1][2], world.thing.clock.now - _LONG_MS) if last else 0,
        bool(ghost.tried_before),
    )
