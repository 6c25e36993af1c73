"""The rules of alarms: each condition, its band, its delays; and any course of a Thing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cloud.alarms.rules import (
    CLEARED,
    OFFLINE,
    OVER,
    RAISED,
    TAKEN_BACK,
    UNDER,
    USUAL,
    AlarmRule,
    Judgement,
    Sighting,
    Standing,
    judge,
    number_in,
    rule_of,
    step,
    watched_since,
)

NOW = 1_700_000_000.0
SILENT = AlarmRule(OFFLINE, for_s=600)
WARM = AlarmRule(OVER, field=("t",), limit=8, back=6)
COLD = AlarmRule(UNDER, field=("t",), limit=-5, back=-3)


def reading(value):
    return Sighting(NOW, reading=json.dumps({"t": value}))


@pytest.mark.parametrize(
    ("heard", "told", "since", "mark"),
    [
        (NOW - 600, "", 0, ""),
        (NOW - 601, "", 0, OFFLINE),
        (NOW - 9999, "", NOW - 600, ""),  # the cloud was away until then
        (NOW - 9999, "", NOW - 601, OFFLINE),
        (NOW - 9999, OFFLINE, NOW, OFFLINE),  # it has not called since, cloud or no cloud
        (NOW - 10, OFFLINE, 0, ""),
    ],
)
def test_silence(heard, told, since, mark):
    judged = judge(SILENT, told, Sighting(heard), since, NOW)
    assert judged is not None and judged.mark == mark


@pytest.mark.parametrize(
    ("rule", "told", "value", "mark"),
    [
        (WARM, "", 8, ""),
        (WARM, "", 8.1, OVER),
        (WARM, OVER, 6.1, OVER),  # within the band
        (WARM, OVER, 6, ""),
        (COLD, "", -5, ""),
        (COLD, "", -5.1, UNDER),
        (COLD, UNDER, -3.1, UNDER),
        (COLD, UNDER, -3, ""),
    ],
)
def test_a_number_and_its_band(rule, told, value, mark):
    judged = judge(rule, told, reading(value), 0, NOW)
    assert judged == Judgement(mark, f"t is {value:g}")


@pytest.mark.parametrize("value", [None, True, "9", [9], {}, 10**400])
def test_a_reading_without_that_number_says_nothing(value):
    assert judge(WARM, OVER, reading(value), 0, NOW) is None
    assert judge(WARM, OVER, Sighting(NOW), 0, NOW) is None


def test_numbers_at_any_place():
    text = json.dumps({"a": [1, {"b": 2.5}], "": 3})
    assert number_in(text, ("a", "1", "b")) == 2.5
    assert number_in(text, ("a", "7")) is number_in(text, ("a", "x")) is None
    assert number_in("7", ()) == 7
    assert number_in("NaN", ()) is number_in("nonsense", ()) is number_in("7", ("a",)) is None


def test_a_version_taken_back():
    rule = AlarmRule(TAKEN_BACK)
    seen = Sighting(NOW, "KO: app two taken back: it crashed")
    assert judge(rule, "", seen, 0, NOW) == Judgement("app two", "app two was taken back")
    assert judge(rule, "app two", Sighting(NOW, "OK"), 0, NOW) == Judgement(
        "", "it has not gone back since"
    )
    assert (
        judge(rule, "", Sighting(None), 0, NOW) is judge(SILENT, "", Sighting(None), 0, NOW) is None
    )


def test_a_watch_with_a_gap_begins_again():
    assert watched_since(1.0, NOW - 60, NOW) == 1.0
    assert watched_since(1.0, NOW + 5, NOW) == 1.0  # the clock of another machine
    assert watched_since(1.0, NOW - 61, NOW) == NOW
    assert watched_since(1.0, NOW + 3600, NOW) == NOW  # the clock was set back


def test_a_condition_has_to_last_and_so_has_its_end():
    rule = AlarmRule(OVER, for_s=30, settle_s=60, limit=1)
    bad, well = Judgement(OVER, "9"), Judgement("", "0")
    it, told = step(rule, USUAL, bad, NOW)
    assert (it, told) == (Standing("", 0.0, OVER, NOW), None)
    it, told = step(rule, it, bad, NOW + 30)
    assert it.told == OVER and told is not None and told.change == RAISED
    it, told = step(rule, it, well, NOW + 40)
    assert told is None and step(rule, it, bad, NOW + 50) == (Standing(OVER, NOW + 30), None)
    it, told = step(rule, it, well, NOW + 100)
    assert it.told == "" and told is not None and told.change == CLEARED


def test_another_version_taken_back_is_another_change():
    it, told = step(
        AlarmRule(TAKEN_BACK), Standing("app two", NOW), Judgement("os v9", ""), NOW + 1
    )
    assert it.told == "os v9" and told is not None and told.change == RAISED


def test_a_clock_that_was_set_back_delays_no_alarm_for_long():
    rule = AlarmRule(OVER, for_s=30, limit=1)
    it, _ = step(rule, USUAL, Judgement(OVER, "9"), NOW)
    it, _ = step(rule, it, Judgement(OVER, "9"), NOW - 9999)
    assert step(rule, it, Judgement(OVER, "9"), NOW - 9969)[1] is not None


def test_a_rule_is_stored_whole():
    for rule in (SILENT, WARM, COLD, AlarmRule(TAKEN_BACK, 1, 2)):
        assert rule_of(rule.stored()) == rule


looks = st.lists(
    st.tuples(st.sampled_from((1, 7, 30, 61)), st.sampled_from((None, "", "", OVER))), max_size=80
)
waits = st.sampled_from((0.0, 10.0, 60.0))


@given(looks=looks, lasting=waits, settle=waits)
def test_any_course(looks, lasting, settle):
    rule = AlarmRule(OVER, for_s=lasting, settle_s=settle)
    now, it, changes, marks = NOW, USUAL, [], []
    for pause, mark in looks:
        now += pause
        judged = None if mark is None else Judgement(mark, "")
        it, told = step(rule, it, judged, now)
        if judged is not None:
            marks.append((now, mark))
        if told is not None:
            changes.append((now, told.change))
        assert step(rule, it, judged, now) == (it, None)  # a second look changes nothing
    # Each change once, in turns: raised, cleared, raised, ...
    assert [change for _, change in changes] == ([RAISED, CLEARED] * len(changes))[: len(changes)]
    # Before each, its mark lasted without a break as long as it has to.
    for at, change in changes:
        mark, least = (OVER, lasting) if change == RAISED else ("", settle)
        others = [time for time, seen in marks if time < at and seen != mark]
        begin = min(time for time, seen in marks if time > max(others, default=0.0))
        assert at - begin >= least
    # So a Thing that goes to and fro is told at most once in that time.
    raised = [at for at, change in changes if change == RAISED]
    assert all(later - at >= settle for at, later in zip(raised, raised[1:], strict=False))
