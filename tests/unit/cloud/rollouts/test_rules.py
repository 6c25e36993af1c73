"""The rules of a rollout: its table of states, the choice, the outcomes, the steps."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cloud.rollouts import rules
from app.cloud.rollouts.rules import Plan, Seen, Tally

STATES = {state for row in rules.TABLE for state in (row[0], row[2])}
EVENTS = {row[1] for row in rules.TABLE}
PLAN = Plan((10, 50, 100), 600.0, 90, 10)
TIDS = st.sets(st.text(max_size=8), max_size=60)


@pytest.mark.parametrize(
    ("state", "event"), list(itertools.product(sorted(STATES), sorted(EVENTS)))
)
def test_a_move_is_in_the_table_or_refused(state, event):
    rows = [row for row in rules.TABLE if row[:2] == (state, event)]
    if rows:
        assert [rules.move(state, event)] == [row[2] for row in rows]
    else:
        with pytest.raises(rules.IllegalMove):
            rules.move(state, event)


def test_each_open_rollout_can_be_ended_and_a_rolled_back_one_stays_so():
    for state in rules.OPEN:
        assert rules.move(state, rules.ABORT) == rules.ABORTED
    for state in STATES - {rules.ROLLED_BACK}:
        assert rules.move(state, rules.ROLLBACK) == rules.ROLLED_BACK
    assert not [row for row in rules.TABLE if row[0] == rules.ROLLED_BACK]


def test_only_a_running_rollout_goes_on_by_itself():
    for state in STATES - {rules.RUNNING}:
        for event in (rules.HALT, rules.ADVANCE, rules.COMPLETE):
            with pytest.raises(rules.IllegalMove):
                rules.move(state, event)


@given(TIDS, st.integers(1, 100), st.integers(0, 9))
def test_a_choice_is_never_more_than_the_share_and_the_same_again(tids, share, number):
    count = rules.most(share, len(tids))
    assert count <= max(1, len(tids) * share / 100)
    assert (count == 0) == (not tids)
    chosen = rules.choose(number, tids, count)
    assert len(set(chosen)) == len(chosen) == count
    assert set(chosen) <= tids
    assert chosen == rules.choose(number, sorted(tids, reverse=True), count)


@given(TIDS, st.integers(1, 100), st.integers(1, 100))
def test_a_greater_share_has_the_things_of_the_smaller(tids, one, other):
    small, great = sorted((rules.most(one, len(tids)), rules.most(other, len(tids))))
    assert rules.choose(7, tids, great)[:small] == rules.choose(7, tids, small)


def test_rollouts_begin_with_different_things():
    tids = [f"T{i}" for i in range(200)]
    first = {tuple(rules.choose(number, tids, 1)) for number in range(50)}
    assert len(first) > 20


def test_a_count_below_none_chooses_none():
    assert rules.choose(1, ["a"], -3) == []


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60), st.integers(0, 1200))
def test_a_step(confirmed, trouble, others, waited):
    tally = Tally(confirmed + trouble + others, confirmed, trouble)
    for stage in range(len(PLAN.shares)):
        event, reason = rules.step(PLAN, stage, float(waited), tally)
        if trouble > tally.size * 0.1:
            assert event == rules.HALT
        elif tally.size and confirmed >= tally.size * 0.9:
            assert event == (rules.COMPLETE if stage == 2 else rules.ADVANCE)
        else:
            assert event == (rules.HALT if waited > 600 else "")
        assert bool(reason) == bool(event)


def test_a_pool_that_is_off_line_halts_and_never_completes():
    assert rules.step(PLAN, 0, 600.0, Tally(0, 0, 0)) == ("", "")
    event, reason = rules.step(PLAN, 2, 601.0, Tally(0, 0, 0))
    assert (event, "no Thing of the pool has called" in reason) == (rules.HALT, True)


@pytest.mark.parametrize(
    ("seen", "did"),
    [
        (Seen("chosen", None), rules.CHOSEN),
        (Seen("asked", 0.0, heard=1000.0, here=False), rules.LEFT),
        (Seen("asked", 900.0, heard=1000.0), rules.ASKED),
        (Seen("asked", 0.0, heard=1000.0), rules.LATE),
        (Seen("asked", 0.0, heard=5.0), rules.SILENT),
        (Seen("asked", 900.0), rules.ASKED),  # an old contact is no silence since
        (Seen("asked", 900.0, runs=True, heard=1000.0), rules.RUNS),
        (Seen("runs", 0.0, runs=True, heard=1000.0), rules.LATE),
        (Seen("runs", 0.0, runs=True, ok=True, heard=1000.0), rules.CONFIRMED),
        (Seen("confirmed", 0.0, runs=True, ok=True, heard=9.0), rules.SILENT),
        (Seen("confirmed", 900.0, runs=True, ok=True, fails=True, heard=1000.0), rules.FAILING),
        (Seen("confirmed", 0.0, heard=1000.0), rules.TAKEN_BACK),
        (Seen("asked", 900.0, ran=True, heard=1000.0), rules.TAKEN_BACK),
        (Seen("asked", 900.0, said=True, heard=1000.0), rules.TAKEN_BACK),
        (Seen("taken_back", 900.0, runs=True, ok=True, heard=1000.0), rules.CONFIRMED),
    ],
)
def test_an_outcome(seen, did):
    assert rules.outcome(seen, 1000.0, 600.0) == did


@given(
    st.builds(
        Seen,
        did=st.sampled_from(rules.OUTCOMES),
        asked=st.none() | st.floats(0, 2000),
        heard=st.floats(0, 2000),
    ),
    st.floats(0, 3000),
)
def test_only_a_thing_that_runs_it_has_confirmed(seen, now):
    did = rules.outcome(seen, now, 600.0)
    assert did in rules.OUTCOMES
    assert did not in (rules.CONFIRMED, rules.RUNS, rules.FAILING)
