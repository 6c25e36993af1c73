"""A rollout in words."""

from __future__ import annotations

import pytest

from app.cloud.manage.service.releases import ReleaseInfo
from app.cloud.manage.service.rollouts import RolloutThing
from app.cloud.rollouts import rules
from app.cloud.tables.events import Event
from app.console import plans
from app.console.rows import Row


def thing(did: str, asked: float | None = 100.0, excused: bool = False) -> RolloutThing:
    return RolloutThing(did, asked, did, 100.0, excused, "")


def test_each_outcome_has_a_word_and_a_place():
    assert set(plans.WORDS) == set(plans.ORDER) == set(rules.OUTCOMES)
    assert set(plans.STATES) == {row[0] for row in rules.TABLE} | {rules.ROLLED_BACK}


@pytest.mark.parametrize(
    ("what", "summary", "at", "word"),
    [
        ("app_files", "list of 1.5", 100.0, "fetched"),
        ("app_files", "worker_task.py of 1.5, by GET", 101.0, "fetched"),
        ("os_files", "a of b.py of 1.5 for esp32", 101.0, "asked"),
        ("os_files", "list of 1.5 for esp32", 101.0, "fetched"),
        ("app_files", "list of 1.5.1", 101.0, "asked"),
        ("app_files", "list of 1.5", 99.0, "asked"),
        ("management", "list of 1.5", 101.0, "asked"),
    ],
)
def test_a_thing_that_was_asked_has_fetched_by_its_calls_since(what, summary, at, word):
    call = Event(1, at, what, "one", 200, summary)
    assert plans.course_of(thing(rules.ASKED), [call], "1.5") == plans.Course(word, "warn")


@pytest.mark.parametrize(
    ("did", "word", "kind"),
    [
        (rules.CHOSEN, "waits for the Thing", ""),
        (rules.RUNS, "on trial", "warn"),
        (rules.CONFIRMED, "confirmed", "good"),
        (rules.TAKEN_BACK, "taken back", "bad"),
        (rules.SILENT, "silent", "bad"),
        (rules.LEFT, "left", ""),
    ],
)
def test_an_outcome_is_a_pill(did, word, kind):
    assert plans.course_of(thing(did), [], "1.5") == plans.Course(word, kind)


def test_an_excused_thing_is_no_alarm():
    seen = plans.course_of(thing(rules.LATE, excused=True), [], "1.5")
    assert seen == plans.Course("late, excused", "")


def test_trouble_comes_first_and_excused_things_last():
    given = [
        thing(rules.CONFIRMED),
        thing(rules.LATE, excused=True),
        thing(rules.ASKED),
        thing(rules.SILENT),
        thing(rules.TAKEN_BACK),
    ]
    assert [one.did for one in plans.ordered(given)] == [
        rules.TAKEN_BACK,
        rules.SILENT,
        rules.ASKED,
        rules.CONFIRMED,
        rules.LATE,
    ]


def test_counts_are_listed_from_confirmed_to_those_to_come():
    given = {"chosen": 3, "taken_back": 1, "confirmed": 5, "asked": 0}
    assert plans.counted(given) == [("confirmed", 5), ("taken_back", 1), ("chosen", 3)]


@pytest.mark.parametrize(
    ("text", "shares"), [("10, 50,100", [10, 50, 100]), ("100 %", [100]), ("1%,100%", [1, 100])]
)
def test_percents_are_read(text, shares):
    assert plans.percents(text) == shares


@pytest.mark.parametrize(
    "text", ["", "ten", "10, 50", "50, 10, 100", "0, 100", "10,,100", "-1,100", "9999", "٣,100"]
)
def test_other_lists_are_refused_with_the_next_step(text):
    with pytest.raises(plans.Unclear, match="percents"):
        plans.percents(text)


def test_stages_say_how_many_things_each_has():
    assert plans.stages([10, 50, 100], 0, 25) == [
        "10 %: 2 of 25 Things",
        "50 %: 12 of 25 Things",
        "all 25 Things",
    ]
    assert plans.stages([100], 1, 1) == ["the 1 Thing that you have named", "all 1 Thing"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (60, "1 minute"),
        (5400, "90 minutes"),
        (7200, "2 hours"),
        (172_800, "2 days"),
        (61, "61 seconds"),
    ],
)
def test_a_time_is_shown_in_its_greatest_whole_unit(seconds, text):
    assert plans.duration(seconds) == text


def test_boards_without_a_release_are_counted():
    rows = [
        Row(name, "online", "A", "aid", "1", "v1", "staging", board, 0.0, "")
        for name, board in (("a", "esp32"), ("b", "esp8266"), ("c", "esp8266"), ("d", ""))
    ]
    releases = [
        ReleaseInfo("v2", "esp32", 1, 1, 0.0),
        ReleaseInfo("v1", "esp8266", 1, 1, 0.0),
    ]
    assert plans.without(rows, releases, "v2") == {"esp8266": 2}
