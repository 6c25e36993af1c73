"""The flat loop: ask the current state's use case to act, fire the event it names."""

from __future__ import annotations

from typing import Callable, Protocol

from domain import lifecycle
from domain.errors import ThingError
from domain.health import journal as journals
from domain.health.remedy import FAULTY_STARTS
from domain.levels import ERROR, INFO
from domain.machine import Machine
from domain.thing import Thing

LAST_RESORT_MS = 10000
_DOUBLINGS = 4  # of it; more would outlast the watchdog of a board
_CAUSE = 120  # characters of a fault: the last ones, as a traceback ends with the error


class UseCase(Protocol):
    """The behavior of one state."""

    def act(self) -> str | None:
        """Take one step; return the event that it led to, or None to be called again."""


class Runner:
    """The loop that runs a Thing's lifecycle, one step at a time.

    `enter(state, thing)` makes the use case of a state; it lives for as long as the state does.
    `explain(error)` returns the text of an unforeseen error, with the place that raised it.
    """

    def __init__(
        self,
        thing: Thing,
        enter: Callable[[str, Thing], UseCase],
        explain: Callable[[Exception], str],
    ) -> None:
        self.thing = thing
        self.machine = Machine()
        self.enter = enter
        self.explain = explain
        self.case: UseCase | None = None

    def step(self) -> str | None:
        """Act once; return the event that was fired, if any."""
        state, event, fault = self.machine.state, None, None
        try:  # here, not in a helper: its frame would lie below all that is called
            if self.case is None:
                self.thing.indicator.show(state)
                self.case = self.enter(state, self.thing)
            event = self.case.act()
        except ThingError as error:
            self.thing.trouble, fault = error, error.text
        except Exception as error:  # noqa: BLE001 - our own bug: nobody in the field sees it crash
            self.thing.trouble, fault = None, self.explain(error)
        if fault is not None:
            event = self._faulted(state, fault)
        if event is not None:
            self.fire(event)
        self.thing.system.feed()
        return event

    def fire(self, event: str) -> None:
        """Go to the next state. Raise `IllegalEvent` and change nothing if there is none."""
        before = self.machine.state
        after = self.machine.fire(event)
        self.case = None
        self.thing.tell(INFO, "state", old=before, by=event, new=after)

    def _faulted(self, state: str, text: str) -> str:
        thing = self.thing
        journal = thing.journal
        try:
            thing.tell(ERROR, "fault", state=state, text=text)
            journals.note(journal, "fault in %s: %s" % (state, text[-_CAUSE:]))
            if state == lifecycle.RECOVER:
                # `recover` failed, and cannot wait.
                thing.clock.sleep(LAST_RESORT_MS << min(journal.starts, _DOUBLINGS))
                if not journals.roll_back_trials(journal):
                    journal.starts += 1
                    if journal.starts >= FAULTY_STARTS:
                        journals.leave_out(journal)
                if not thing.starting:  # else the journal has not been read yet
                    thing.save_journal()
        finally:
            if state == lifecycle.RECOVER:  # no milder remedy is left, even if a step above failed
                thing.system.restart()
        return lifecycle.FAULT
