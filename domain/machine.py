"""The lifecycle's engine: the table, run by `transitions`."""

from __future__ import annotations

from transitions import Machine as Engine
from transitions import MachineError

from domain.errors import IllegalEvent
from domain.lifecycle import BOOT, EVENTS, STATES, TABLE


class Machine:
    """The current state of a Thing. It holds no callbacks and does no I/O."""

    state: str

    def __init__(self) -> None:
        self._engine = Engine(
            model=self,
            states=list(STATES),
            initial=BOOT,
            transitions=[[event, state, following] for state, event, following in TABLE],
            auto_transitions=False,  # or to_<state>() would lead past the table
        )

    def fire(self, event: str) -> str:
        """Fire `event` and return the new state. Raise `IllegalEvent` if the table has none."""
        if event not in EVENTS:
            raise IllegalEvent(self.state, event)
        try:
            self._engine.events[event].trigger(self)
        except MachineError:
            raise IllegalEvent(self.state, event) from None
        return self.state

    def events(self) -> list[str]:
        """Return the events that are legal now, in the order of the table."""
        legal = self._engine.get_triggers(self.state)
        return [event for state, event, _ in TABLE if state == self.state and event in legal]
