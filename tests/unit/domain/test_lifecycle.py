"""The table's laws, over every pair and every short path, and the engine that runs it."""

from __future__ import annotations

import pytest

from domain import lifecycle
from domain.errors import IllegalEvent
from domain.lifecycle import BOOT, EVENTS, FAULT, RECOVER, RUN, STATES, TABLE, UPDATE
from domain.machine import Machine

NEXT = {(state, event): following for state, event, following in TABLE}
UNKNOWN = ("", "to_run", "run", "state", "fire", "events", "trigger", "__init__", "Booted")

# Events that tell of a failure, wherever they occur but in recover.
FAILURES = {
    lifecycle.MUST_RECOVER,
    lifecycle.NO_LINK,
    lifecycle.REFUSED,
    lifecycle.UNREACHABLE,
    lifecycle.LINK_LOST,
    lifecycle.SESSION_LOST,
    lifecycle.FAULT,
}


def machine_in(state: str) -> Machine:
    """Return a machine led to `state` by legal events only."""
    paths: dict[str, tuple[str, ...]] = {BOOT: ()}
    queue = [BOOT]
    for here in queue:
        for origin, event, following in TABLE:
            if origin == here and following not in paths:
                paths[following] = (*paths[here], event)
                queue.append(following)
    machine = Machine()
    for event in paths[state]:
        machine.fire(event)
    assert machine.state == state
    return machine


@pytest.mark.parametrize("event", EVENTS + UNKNOWN)
@pytest.mark.parametrize("state", STATES)
def test_every_pair(state, event):
    machine = machine_in(state)
    if (state, event) in NEXT:
        assert machine.fire(event) == NEXT[state, event]
        assert machine.state == NEXT[state, event]
        return
    with pytest.raises(IllegalEvent) as caught:
        machine.fire(event)
    assert machine.state == state
    assert (caught.value.state, caught.value.event) == (state, event)
    assert str(caught.value) == f"no event '{event}' in state '{state}'"
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("state", STATES)
def test_events_names_the_legal_ones(state):
    legal = machine_in(state).events()
    assert legal == [event for origin, event, _ in TABLE if origin == state]
    assert legal  # no state without a way out


def test_begins_in_boot():
    assert Machine().state == BOOT == "boot"


def test_machines_are_independent():
    one, other = Machine(), Machine()
    one.fire(lifecycle.BOOTED)
    assert (one.state, other.state) == ("connect", "boot")


@pytest.mark.parametrize("state", STATES)
def test_no_attribute_leads_past_the_table(state):
    """No attribute that the engine puts on the model leads to a state outside the table."""
    extra = [name for name in dir(machine_in(state)) if not name.startswith("_")]
    assert not [name for name in extra if name.startswith("to_")]
    reachable = {following for origin, _, following in TABLE if origin == state} | {state}
    for name in extra:
        words = EVENTS + UNKNOWN + STATES if name in ("fire", "trigger") else (RUN,)
        for arguments in ((), *[(word,) for word in words]):
            machine = machine_in(state)
            attribute = getattr(machine, name)
            if callable(attribute):
                try:
                    attribute(*arguments)
                except Exception:  # noqa: BLE001 - how it refuses does not matter here
                    assert machine.state == state
                assert machine.state in reachable
            if name not in EVENTS and name not in ("fire", "trigger"):
                assert machine.state == state


def test_table_is_a_function_with_no_row_to_spare():
    assert len(NEXT) == len(TABLE)
    assert {state for state, _, _ in TABLE} == set(STATES)
    assert {following for _, _, following in TABLE} == set(STATES)
    assert {event for _, event, _ in TABLE} == set(EVENTS)
    assert len(set(EVENTS)) == len(EVENTS)
    assert len(set(STATES)) == len(STATES) == 7
    words = {value for name, value in vars(lifecycle).items() if name.isupper()} - {
        STATES,
        EVENTS,
        TABLE,
    }
    assert words == set(STATES) | set(EVENTS)


@pytest.mark.parametrize("state", STATES)
def test_every_state_reaches_run(state):
    reached = {state}
    while True:
        more = {following for origin, _, following in TABLE if origin in reached} - reached
        if not more:
            break
        reached |= more
    assert reached == set(STATES)  # run among them; and no state is cut off from any other


@pytest.mark.parametrize("state", STATES)
def test_every_state_reaches_run_without_another_fault(state):
    reached, added = {state}, True
    while added:
        more = {
            following
            for origin, event, following in TABLE
            if origin in reached and event not in FAILURES
        }
        added = not more <= reached
        reached |= more
    assert RUN in reached


def paths(bound: int):
    """Return each path of up to `bound` events from boot: [(state, event, next state), ...]."""
    stack: list[list[tuple[str, str, str]]] = [[]]
    while stack:
        path = stack.pop()
        yield path
        here = path[-1][2] if path else BOOT
        if len(path) < bound:
            stack.extend([*path, row] for row in TABLE if row[0] == here)


def test_laws_on_every_path():
    count = 0
    for path in paths(6):
        count += 1
        if not path:
            continue
        state, event, following = path[-1]
        if event in FAILURES and state != RECOVER:
            assert following == RECOVER
        if following == RECOVER:
            assert event in FAILURES
            assert state != RECOVER  # recover never leads to itself
        if following == UPDATE:
            assert state == RUN
        if state == UPDATE and event != FAULT:
            assert following in (BOOT, RUN)
        if following == RUN:
            assert state in ("register", UPDATE, RECOVER)
        # run is first reached only over connect and register
        seen = [row[2] for row in path]
        if RUN in seen and RECOVER not in seen[: seen.index(RUN)]:
            before = seen[: seen.index(RUN)]
            assert "connect" in before
            assert before[-1] == "register"
    assert count > 1000


def test_every_state_but_recover_survives_what_nobody_foresaw():
    assert {state: NEXT[state, FAULT] for state in STATES} == {
        state: BOOT if state == RECOVER else RECOVER for state in STATES
    }


def test_events_of_recover_are_the_remedies_effects():
    assert {event: NEXT[RECOVER, event] for event in machine_in(RECOVER).events()} == {
        "resume": "run",
        "reregister": "register",
        "reconnect": "connect",
        "restart": "boot",
        "setup_wanted": "setup",
        "fault": "boot",
    }
