# Untyped: the fakes implement no port completely. Running them checks their results.
# mypy: no-check-untyped-defs
"""The lifecycle's engine: every pair of state and event, and long random walks."""

from __future__ import annotations

from domain.errors import IllegalEvent
from domain.lifecycle import EVENTS, STATES, TABLE
from domain.machine import Machine


def run(out, cases):
    """Trace all pairs of state and event, the legal events of each state, and all walks.

    A case is a walk: each letter is an event by its number.
    """
    for state in STATES:
        for event in EVENTS + STATES + ("", "nonsense", "state", "fire", None):
            machine = _machine_in(state)
            out("%s %s %s" % (state, event, _fire(machine, event)))
        out("%s %s" % (state, machine_events(state)))
    for walk in cases:
        machine = Machine()
        trace = []
        for letter in walk:
            after = _fire(machine, EVENTS[ord(letter) - 65])
            trace.append(after if after[0] == "!" else str(STATES.index(after)))
        out("".join(trace))


def machine_events(state):
    """Return the legal events of a state."""
    return " ".join(_machine_in(state).events())


def _machine_in(state):
    machine = Machine()
    for event in _path(machine.state, state):
        machine.fire(event)
    return machine


def _path(start, end):
    """Return the events of a path through the table."""
    paths = {start: []}
    while end not in paths:
        for state, event, following in TABLE:
            if state in paths and following not in paths:
                paths[following] = paths[state] + [event]
    return paths[end]


def _fire(machine, event):
    before = machine.state
    try:
        after = machine.fire(event)
    except IllegalEvent as error:
        if machine.state != before or error.state != before or error.event != event:
            return "!changed"
        return "!"
    return after if after == machine.state else "!wrong"
