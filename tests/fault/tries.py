"""The stack or the heap runs out at the same port call in every try of an update.

The waits between such tries must grow, and the cloud must be told the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from domain.states.update import Update
from tests.fault.memory import Small
from tests.fault.scenarios import NEW, Played, accepts_more, steady
from tests.fault.scenarios import play as play_scenario
from tests.fault.world import Broken, Watch

ERRORS = {"stack": RuntimeError("maximum recursion depth exceeded"), "heap": MemoryError()}
_UPDATES = ("app update", "OS update")


def cases(quick: bool) -> Iterator[str]:
    """Yield `scenario:error:call`; calls count from the start of each try."""
    for scenario in _UPDATES:
        world = Tried(None)
        steady(world)
        with world.tries_watched():
            play_scenario(world, scenario)
        found = [
            "%s:%s:%d" % (scenario, error, at)
            for error in ERRORS
            for at in range(1, world.calls + 1)
        ]
        yield from found[::13] if quick else found


def play(case: str, watch: Watch | None = None) -> Played:
    """Play one case; raise `Broken` if the Thing violates a guarantee."""
    scenario, error, at = case.split(":")
    world = Tried(watch)
    steady(world)
    world.error, world.at = ERRORS[error], int(at)
    with world.tries_watched():
        outcome = play_scenario(world, scenario)
    world.check(outcome)
    accepts_more(world)
    return Played(outcome, world.faults)


class Tried(Small):
    """A world that raises `error` in call number `at` of each try; `tries`: when they began."""

    def __init__(self, watch: Watch | None) -> None:
        self.error: Exception | None = None
        self.at = 0
        self.trying = False
        self.tries: list[int] = []
        super().__init__(watch)

    def _tap(self, port: Any, name: str) -> None:
        call = getattr(port, name)
        call = getattr(call, "untapped", call)

        def tapped(*arguments: Any) -> Any:
            if self.trying and not self.loading:
                self.calls += 1
                if self.error and self.calls == self.at:
                    self.fault("it ends", call=name)
                    raise self.error
            return call(*arguments)

        tapped.untapped = call  # type: ignore[attr-defined]
        setattr(port, name, tapped)

    @contextmanager
    def tries_watched(self) -> Iterator[None]:
        """Note when each try of an update begins, and count its port calls."""
        act = Update.act

        def tried(update: Update) -> str:
            self.tries.append(self.cloud.clock.now)  # the Thing's clock
            self.trying, self.calls = True, 0
            try:
                return act(update)
            finally:
                self.trying = False

        with mock.patch.object(Update, "act", tried):
            yield

    def check(self, outcome: str) -> None:
        """Check that each wait is longer than the one before, and that the cloud is told why."""
        waits = [after - before for before, after in zip(self.tries, self.tries[1:])]
        if any(after <= before for before, after in zip(waits, waits[1:])):
            raise Broken("the waits between tries do not grow: %s" % waits)
        if outcome == NEW:  # the fault came after the commit, or in a step that a later try skips
            return
        if not waits:
            raise Broken("it was tried once only")
        told = [text or "" for _, _, text in self.cloud.reports]
        if not any("not installed" in text for text in told):
            raise Broken("the cloud is not told why: %s" % told[-3:])
