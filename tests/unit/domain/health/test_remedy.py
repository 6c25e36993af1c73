"""The choice of a remedy, over all of its inputs."""

from __future__ import annotations

import itertools

import pytest

from domain.health import remedy
from domain.health.remedy import (
    FACTORY,
    PREVIOUS,
    RECONNECT,
    REMEDIES,
    REREGISTER,
    RESTART,
    ROLL_BACK,
    ROUND,
    WAIT,
    WITHOUT_APP,
)

FLAGS = list(itertools.product((False, True), repeat=3))
STRENGTH = {name: REMEDIES.index(name) for name in REMEDIES}
OURS = (WITHOUT_APP, PREVIOUS, FACTORY)
SUBSETS = [subset for size in range(4) for subset in itertools.combinations(OURS, size)]


def test_names():
    assert len(set(REMEDIES)) == len(REMEDIES) == 8


@pytest.mark.parametrize(("linked", "session", "trial"), FLAGS)
def test_outside_repeats_every_round(linked, session, trial):
    first = [remedy.outside(tries, linked, session, trial) for tries in range(ROUND)]
    for tries in range(5 * ROUND):
        assert remedy.outside(tries, linked, session, trial) == first[tries % ROUND]


def test_outside_exactly():
    def round_of(linked, session, trial):
        return [remedy.outside(tries, linked, session, trial) for tries in range(ROUND)]

    assert round_of(True, True, True) == (
        [WAIT] * 2 + [REREGISTER] * 2 + [RECONNECT] + [ROLL_BACK] + [RECONNECT] * 5 + [RESTART]
    )
    assert round_of(True, True, False) == (
        [WAIT] * 2 + [REREGISTER] * 2 + [RECONNECT] * 7 + [RESTART]
    )
    assert round_of(True, False, False) == [REREGISTER] * 4 + [RECONNECT] * 7 + [RESTART]
    assert round_of(False, False, False) == [RECONNECT] * 11 + [RESTART]


@pytest.mark.parametrize(("linked", "session", "trial"), FLAGS)
def test_outside(linked, session, trial):
    for tries in range(5 * ROUND):
        check_outside(tries, linked, session, trial)


def check_outside(tries, linked, session, trial):
    chosen = remedy.outside(tries, linked, session, trial)
    assert chosen not in OURS  # a working version is never given up for an outage
    assert session or chosen != WAIT
    assert linked or chosen != REREGISTER
    assert trial or chosen != ROLL_BACK
    following = remedy.outside(tries + 1, linked, session, trial)
    if (tries + 1) % ROUND and ROLL_BACK not in (chosen, following):
        assert STRENGTH[following] >= STRENGTH[chosen]
    if (tries + 1) % ROUND == 0:
        assert chosen == RESTART


@pytest.mark.parametrize(("linked", "session", "trial"), FLAGS)
def test_a_stronger_one_is_never_further_than_a_round_away(linked, session, trial):
    for tries in range(2 * ROUND):
        ahead = [remedy.outside(tries + step, linked, session, trial) for step in range(ROUND)]
        assert {RECONNECT, RESTART} <= set(ahead)
        assert (ROLL_BACK in ahead) == trial


@pytest.mark.parametrize("has", SUBSETS)
def test_inside(has):
    for starts in range(41):
        check_inside(starts, has)


def check_inside(starts, has):
    chosen = remedy.inside(starts, has)
    assert chosen == RESTART or chosen in has
    following = remedy.inside(starts + 1, has)
    assert STRENGTH[following] >= STRENGTH[chosen]
    due = {WITHOUT_APP: 3, PREVIOUS: 6, FACTORY: 9}
    assert all(starts < due[name] or STRENGTH[chosen] >= STRENGTH[name] for name in has)
    if chosen != RESTART:
        assert starts >= due[chosen]


def test_inside_exactly():
    assert [remedy.inside(starts, OURS) for starts in range(12)] == (
        [RESTART] * 3 + [WITHOUT_APP] * 3 + [PREVIOUS] * 3 + [FACTORY] * 3
    )
    assert {remedy.inside(starts, ()) for starts in range(41)} == {RESTART}
    assert remedy.FAULTY_STARTS == 3
