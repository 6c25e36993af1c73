"""The rules of a rollout, without I/O: its states, its stages, the outcome of each Thing.

A rollout asks a share of a pool's Things for a version, stage by stage. It goes on once enough of
them have confirmed, and halts when too many are in trouble or too few confirm in time. Only a
running rollout asks further Things; those that were asked are asked on until it is rolled back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

RUNNING = "running"
PAUSED = "paused"
HALTED = "halted"
DONE = "done"
ABORTED = "aborted"
ROLLED_BACK = "rolled_back"
OPEN = (RUNNING, PAUSED, HALTED)

PAUSE = "pause"
RESUME = "resume"
ABORT = "abort"
ROLLBACK = "rollback"
HALT = "halt"
ADVANCE = "advance"
COMPLETE = "complete"

# (state, event, next state); HALT, ADVANCE and COMPLETE are decided by `step`, the rest by people.
TABLE = (
    (RUNNING, ADVANCE, RUNNING),
    (RUNNING, COMPLETE, DONE),
    (RUNNING, HALT, HALTED),
    (RUNNING, PAUSE, PAUSED),
    (PAUSED, RESUME, RUNNING),
    (HALTED, RESUME, RUNNING),
    (RUNNING, ABORT, ABORTED),
    (PAUSED, ABORT, ABORTED),
    (HALTED, ABORT, ABORTED),
    (RUNNING, ROLLBACK, ROLLED_BACK),
    (PAUSED, ROLLBACK, ROLLED_BACK),
    (HALTED, ROLLBACK, ROLLED_BACK),
    (ABORTED, ROLLBACK, ROLLED_BACK),
    (DONE, ROLLBACK, ROLLED_BACK),
)

# The outcomes of a Thing.
CHOSEN = "chosen"  # it is asked at its next call
ASKED = "asked"
RUNS = "runs"  # it has registered with the version
CONFIRMED = "confirmed"  # and its management has reported OK
TAKEN_BACK = "taken_back"
FAILING = "failing"  # it runs the version, and reports KO
SILENT = "silent"
LATE = "late"  # it calls, and has not confirmed in time
LEFT = "left"  # the pool, or the pool's settings: it counts no more
OUTCOMES = (CHOSEN, ASKED, RUNS, CONFIRMED, TAKEN_BACK, FAILING, SILENT, LATE, LEFT)
TROUBLE = (TAKEN_BACK, FAILING, SILENT, LATE)
_HAVE_RUN = (RUNS, CONFIRMED, FAILING, TAKEN_BACK)

LISTED = 0  # as a share: the Things named at the start
ALL = 100


class IllegalMove(ValueError):
    """An event that the state of the rollout does not have."""


@dataclass(frozen=True)
class Plan:
    """`shares`: percent of the pool for each stage, LISTED first or never; `within_s`: the time
    for a stage, and for a Thing. A stage is passed with `confirm` percent confirmed, and is halted
    with more than `trouble` percent in trouble."""

    shares: tuple[int, ...]
    within_s: float
    confirm: int
    trouble: int


@dataclass(frozen=True)
class Seen:
    """A Thing of a rollout, from its newest session.

    `did`: its outcome so far; `asked`, `heard`: times in seconds; `here`: it has the pool's
    settings; `runs`: the version now; `ran`: in an earlier session since; `ok`, `fails`: the
    statuses in that session; `said`: they say that the version was taken back.
    """

    did: str
    asked: float | None
    here: bool = True
    runs: bool = False
    ran: bool = False
    ok: bool = False
    fails: bool = False
    said: bool = False
    heard: float = 0.0


@dataclass(frozen=True)
class Tally:
    """The Things that a stage is about: all, those confirmed, those in trouble."""

    size: int
    confirmed: int
    trouble: int


def move(state: str, event: str) -> str:
    """Return the next state; raises IllegalMove."""
    for before, what, after in TABLE:
        if (before, what) == (state, event):
            return after
    raise IllegalMove(f"a rollout that is {state.replace('_', ' ')} has no {event}")


def outcome(seen: Seen, now: float, within_s: float) -> str:
    """Return the outcome of a Thing, as of `now`."""
    if not seen.here:
        return LEFT
    if seen.asked is None:
        return CHOSEN
    silent = now - max(seen.heard, seen.asked) > within_s
    late = now - seen.asked > within_s
    if seen.runs:
        if seen.fails:
            return FAILING
        if not silent and seen.ok:
            return CONFIRMED
    elif seen.said or seen.ran or seen.did in _HAVE_RUN:
        return TAKEN_BACK
    if silent:
        return SILENT
    if late:
        return LATE
    return RUNS if seen.runs else ASKED


def most(share: int, pool: int) -> int:
    """Return how many of a pool's Things a share is: rounded down, but one at least."""
    return min(pool, max(1, pool * share // 100))


def position(rollout_id: int, tid: str) -> bytes:
    """Return the place of a Thing in the order of choice: random, and the same on each machine."""
    return hashlib.sha256(f"{rollout_id} {tid}".encode("utf-8", "surrogatepass")).digest()


def choose(rollout_id: int, tids: Iterable[str], count: int) -> list[str]:
    """Return `count` of the Things at most, in the order of choice."""
    return sorted(tids, key=lambda tid: position(rollout_id, tid))[: max(0, count)]


def step(plan: Plan, stage: int, waited_s: float, tally: Tally) -> tuple[str, str]:
    """Return the event of a running rollout ("" for none), and its reason."""
    if tally.trouble * 100 > plan.trouble * tally.size:
        text = f"{tally.trouble} of {tally.size} took it back, fail, or are silent or late"
        return HALT, f"{text}: more than {plan.trouble} %"
    if tally.size and tally.confirmed * 100 >= plan.confirm * tally.size:
        last = stage == len(plan.shares) - 1
        return (COMPLETE if last else ADVANCE), f"{tally.confirmed} of {tally.size} confirmed"
    if waited_s <= plan.within_s:
        return "", ""
    time = f"within {plan.within_s:.0f} s"
    if not tally.size:
        return HALT, f"no Thing of the pool has called {time}"
    return HALT, f"only {tally.confirmed} of {tally.size} confirmed {time}"
