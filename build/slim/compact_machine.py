"""The lifecycle's engine on MicroPython: `Machine` of the domain, on a compact table.

`build.slim.engine` puts this module in the place of `domain.machine`, with the values of the
lifecycle; those here stand for them. A pair of state and event is one byte of `_FROM`: the number
of the state times the number of events, plus the number of the event. The byte of `_TO` at the same
place is the next state. The names are shared with the rest of the program, so that the whole table
costs two short strings and two tuples.
"""

from __future__ import annotations

from domain.errors import IllegalEvent
from domain.lifecycle import BOOT

_STATES = (BOOT, "other")
_EVENTS = ("event",)
_WIDTH = len(_EVENTS)
_FROM = b"\x00\x01"
_TO = b"\x01\x00"


class CompactMachine:
    """The current state of a Thing. It holds no callbacks and does no I/O."""

    def __init__(self) -> None:
        self.state = BOOT

    def fire(self, event: str) -> str:
        """Fire `event` and return the new state. Raise `IllegalEvent` if the table has none."""
        at = -1
        if event in _EVENTS:
            pair = _STATES.index(self.state) * _WIDTH + _EVENTS.index(event)
            at = _FROM.find(bytes((pair,)))
        if at < 0:
            raise IllegalEvent(self.state, event)
        self.state = _STATES[_TO[at]]
        return self.state

    def events(self) -> list[str]:
        """Return the events that are legal now, in the order of the table."""
        state = _STATES.index(self.state)
        return [_EVENTS[pair % _WIDTH] for pair in _FROM if pair // _WIDTH == state]
