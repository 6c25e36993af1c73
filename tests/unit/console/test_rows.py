"""Rows of the table of Things, and the keys of the gallery's examples."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote

import pytest

from app.console.gallery import examples
from app.console.rows import LATE, ONLINE, WAITING, address_of, row_of, tid_of
from tests.unit.console.deploying import thing


def test_a_row_tells_the_first_trouble_in_one_line():
    row = row_of(replace(thing(), active=True, worker="KO: a\n  b", pythings="KO: c"))
    assert (row.state, row.trouble) == (ONLINE, "a b")
    assert row_of(replace(thing(), active=True, online=False)).state == LATE
    assert row_of(thing()).state == WAITING
    assert row_of(replace(thing(), worker="Unknown", pythings="Ok: session started")).trouble == ""


def test_a_row_knows_when_its_thing_is_silent():
    given = replace(thing(), last_contact=1000.0, settings={"worker_interval": "300"})
    row = row_of(given)
    assert row.late_at == 1000 + 300 + 60
    assert "late_at" not in row.shown()
    battery = replace(given, settings={**given.settings, "battery_operated": True})
    assert row_of(battery).late_at == 1000 + 2 * 300 + 60


def test_examples_have_keys_of_their_own():
    keys = [one.key for one in examples()]
    assert len(keys) == len(set(keys)) >= 9


@pytest.mark.parametrize(
    "tid", ["bed-1", "a/b?c #1~%41", "~2F", "..", "ä 好", "<img src=x>", "%2F"]
)
def test_an_address_leads_back_to_its_thing_whether_or_not_it_was_decoded(tid):
    address = address_of(tid)
    part = address.removeprefix("/things/")
    assert re.fullmatch("[A-Za-z0-9_~-]+", part)
    assert tid_of(part) == tid_of(unquote(part)) == tid
