"""The journal: its contents, and how it goes back."""

from __future__ import annotations

import pytest
from hypothesis import given

from domain import record
from domain.health import journal as journals
from domain.health.journal import Journal
from domain.health.slots import FRESH, PROVEN, TRIED, Slot
from tests.fakes.storage import MemoryStorage
from tests.unit.domain.readings.values import JSON

FULL = Journal(
    starts=2,
    app_faults=1,
    without_app="why",
    tries=5,
    notes=["a", "b"],
    settings=Slot("a", "s2", "s1", TRIED, "s0"),
    app=Slot("b", "2", "1", FRESH, "0"),
)


def test_there_and_back():
    storage = MemoryStorage()
    assert journals.load(storage) == Journal()
    journals.save(storage, FULL)
    assert FULL.number == 1
    assert journals.load(storage) == FULL
    assert set(storage.files) == {"journal.1"}
    journals.save(storage, FULL)
    assert set(storage.files) == {"journal.0", "journal.1"}
    FULL.number = 0


@given(JSON)
def test_a_value_of_another_shape_is_an_empty_journal(value):
    storage = MemoryStorage()
    record.save(storage, "journal", 8, value)
    assert journals.load(storage) == Journal(number=8)  # and its number goes on


@pytest.mark.parametrize("name", ["starts", "app_faults", "without_app", "tries", "notes", "app"])
@pytest.mark.parametrize("wrong", [None, {}, -1, [None], ["a", "2", "1", 3, ""], ["c"] * 5])
def test_what_is_missing_or_of_another_shape_costs_nothing_else(name, wrong):
    storage = MemoryStorage()
    journals.save(storage, FULL)
    number, value = record.load(storage, "journal")
    del value[name]
    for changed in (value, {**value, name: [wrong] if name == "notes" else wrong}):
        record.save(storage, "journal", number + 1, changed)
        found = journals.load(storage)
        assert getattr(found, name) == getattr(Journal(), name)
        setattr(found, name, getattr(FULL, name))
        found.number = FULL.number
        assert found == FULL
    FULL.number = 0


def test_notes_are_bounded():
    journal = Journal()
    for count in range(10):
        journals.note(journal, f"note {count}")
        journals.note(journal, f"note {count}")
    assert journal.notes == [f"note {count}" for count in range(2, 10)]
    journals.note(journal, "x" * 300)
    journals.note(journal, "x" * 400)
    assert journal.notes[-2:] == ["note 9", "x" * 200]


def test_starts():
    journal = Journal(settings=Slot("a", "s", "", FRESH), app=Slot("a", "2", "1", FRESH))
    assert journals.start_slots(journal) == []
    assert (journal.settings.trial, journal.app.trial) == (TRIED, TRIED)
    assert journals.start_slots(journal) == ["settings", "app"]
    assert (journal.settings, journal.app) == (
        Slot("", "", "", PROVEN, "s"),
        Slot("b", "1", "", PROVEN, "2"),
    )
    assert journal.notes == [
        "settings s taken back: it did not reach the cloud",
        "app 2 taken back: it did not reach the cloud",
    ]
    assert journals.start_slots(journal) == []


def test_roll_back_takes_only_trials():
    journal = Journal(settings=Slot("a", "s", "r", PROVEN), app=Slot("a", "2", "1", FRESH))
    assert journals.roll_back_trials(journal) == ["app"]
    assert journal.settings == Slot("a", "s", "r", PROVEN)
    assert journal.app == Slot("b", "1", "", PROVEN, "2")
    assert journals.roll_back_trials(journal) == []


def test_confirm():
    journal = Journal(settings=Slot("a", "s", "r", TRIED), app=Slot("a", "2", "1", PROVEN, "x"))
    assert journals.confirm_slots(journal) == ["settings"]
    assert journal.settings.trial == PROVEN
    assert journal.app.rejected == "x"
    assert journals.confirm_slots(journal) == []


def test_no_app_is_left_out_where_there_is_none():
    journal = Journal(starts=3)
    journals.leave_out(journal)
    assert journal.without_app == ""
    journal.app = Slot("a", "1", "", PROVEN)
    journals.leave_out(journal)
    assert journal.without_app == "the app is left out after 3 faulty starts"
