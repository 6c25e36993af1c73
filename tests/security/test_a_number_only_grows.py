"""An attacker serves signed releases that are older than they look.

`2.1.0rc1` over `2.1.0`, `2.1.0.1` over `2.1.0.9`, `2.1000.0` over `2.2000.0`: names are for people.
A number in the manifest only grows, and a Thing never goes below a number that it has seen. T5.
"""

from __future__ import annotations

import pytest

from domain.app.app import App
from domain.health import journal as journals
from domain.health.journal import Journal
from domain.health.slots import PROVEN, Slot
from domain.settings.settings import Settings
from domain.states.register import Register
from domain.states.update import Update
from tests.fakes.signers import FILES, key_list, manifest
from tests.fakes.storage import MemoryStorage
from tests.fakes.thing import make_thing


def offer(version, running, journal, **manifest_fields):
    thing = make_thing(storage=MemoryStorage({"trust": key_list()}), version=running)
    thing.journal = journal
    thing.save_journal()
    thing.app = App(thing)
    served = {file.name: file.wire for file in FILES}
    thing.cloud.releases[version] = {**served, "release.txt": manifest(version, **manifest_fields)}
    Register(thing).act()
    thing.wanted = Settings(pythings_version=version)
    event = Update(thing).act()
    told = thing.console.named("update_failed")
    assert event == "committed" or "(security T5)" in told[-1]["text"]
    return event, thing


def seen(number, version):
    return Journal(os=Slot("b", version, "", PROVEN), number_os=number)


EQUALS = [("2.1.0rc1", "2.1.0"), ("2.1.0.1", "2.1.0.9"), ("2.1000.0", "2.2000.0")]


@pytest.mark.parametrize(("older", "newer"), EQUALS)
def test_no_way_back_among_equals(older, newer):
    event, _ = offer(older, newer, seen(8, newer), number=7)
    assert event == "rejected"


@pytest.mark.parametrize(("older", "newer"), EQUALS)
def test_nor_to_a_release_of_before_there_were_numbers(older, newer):
    event, _ = offer(older, newer, seen(8, newer))
    assert event == "rejected"


@pytest.mark.parametrize(("older", "newer"), EQUALS)
def test_and_forth(older, newer):
    event, thing = offer(newer, older, seen(7, older), number=8)
    assert event == "committed"
    assert (thing.journal.number_os, thing.journal.next_os) == (7, 8)


def test_a_number_counts_when_the_release_has_proved_itself():
    _, thing = offer("2.2.0", "2.1.0", seen(7, "2.1.0"), number=8)
    assert journals.load(thing.storage).number_os == 7
    assert journals.confirm_slots(thing.journal)
    thing.save_journal()
    assert journals.load(thing.storage).number_os == 8


def test_what_is_taken_back_lowers_nothing():
    journal = seen(9, "2.1.0")
    journal.starts = 3
    journals.replace_os(journal, by_previous=False)
    assert journal.number_os == 9


def test_a_name_that_is_older_is_not_taken_for_its_number():
    """Name and number must both grow: the name rule stays, as earlier releases have no number."""
    event, _ = offer("2.0.9", "2.1.0", seen(7, "2.1.0"), number=8)
    assert event == "rejected"


def test_a_thing_that_has_seen_none_takes_a_release_that_has_none():
    assert offer("2.2.0", "2.1.0", Journal(), number=0)[0] == "committed"


def test_the_journal_of_an_older_os_is_read():
    journal = Journal(floor=5, number_os=7)
    new = ("next_os", "number_os", "next_app", "number_app")
    value = journals._to_json(journal)
    assert journals._from_json(0, dict(value)) == journal
    older = {name: value[name] for name in value if name not in new}
    assert journals._from_json(0, older) == Journal(floor=5)


def test_an_older_os_takes_the_release_too():
    """An older OS ignores the second word after `version`; all other lines are unchanged."""
    lines = manifest("2.1.0", number=8).split(b"\n")
    assert lines[0] == b"pythings-release 1"
    assert lines[1] == b"version 2.1.0 8"
    assert lines[2:7] == manifest("2.1.0").split(b"\n")[2:7]
