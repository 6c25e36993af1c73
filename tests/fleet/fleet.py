"""The fleet: its Things one after the other, on all cores; they share nothing but the time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from multiprocessing import get_context
from typing import Callable
from unittest import mock

from domain.states import recover, run
from tests.fakes.quick import one_engine, whole_waits
from tests.fault.lab import _alone
from tests.fleet.member import Member, Seen
from tests.fleet.scenario import Scenario

_AT_ONCE = 50  # Things that a process takes at a time
FIXED_MS = 3000  # as the predecessor waits
FIXED_THINGS = 200  # it tries a hundred times as often: a sample is enough

Part = tuple[Scenario, int, int, bool]


def _part(part: Part) -> Seen:
    scenario, start, end, fixed = part
    seen = Seen()
    with one_engine(), whole_waits():  # wakes when something is due, not each second
        if fixed:
            with (
                mock.patch.object(recover, "wait_ms", _fixed),
                mock.patch.object(run, "wait_ms", _fixed),
            ):
                _live(scenario, start, end, seen)
        else:
            _live(scenario, start, end, seen)
    return seen


def _live(scenario: Scenario, start: int, end: int, seen: Seen) -> None:
    for number in range(start, end):
        Member(scenario, number, seen).live()


def _fixed(_tries: int, _base_s: int, _chance: int) -> int:
    return FIXED_MS


def simulate(
    scenario: Scenario,
    processes: int = 0,
    tell: Callable[[Seen], None] | None = None,
    fixed: bool = False,
) -> Seen:
    """Return the counts over all Things; `tell` gets those so far. `fixed`: with waits of 3 s."""
    count = min(FIXED_THINGS, scenario.things) if fixed else scenario.things
    parts = [
        (scenario, start, min(start + _AT_ONCE, count), fixed)
        for start in range(0, count, _AT_ONCE)
    ]
    total = Seen()
    for seen in _all(parts, processes or os.cpu_count() or 1):
        total.add(seen)
        if tell:
            tell(total)
    return total


def _all(parts: list[Part], processes: int) -> Iterator[Seen]:
    if processes < 2 or len(parts) < 2:
        yield from map(_part, parts)
        return
    # A new process would else run the command that this one was started with once more.
    main = sys.modules["__main__"]
    with (
        mock.patch.object(main, "__file__", None, create=True),
        mock.patch.object(main, "__spec__", None),
        get_context("spawn").Pool(processes, _alone) as pool,
    ):
        yield from pool.imap_unordered(_part, parts)
        pool.close()
        pool.join()
