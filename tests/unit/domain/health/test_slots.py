"""Slots: after any sequence of steps, a rollback leads to the proven version."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.health.slots import FRESH, PROVEN, TRIED, Slot, commit, confirm, other, roll_back, start


def test_first_version():
    slot = commit(Slot(), "1")
    assert slot == Slot("a", "1", "", FRESH, "")
    assert start(slot) == Slot("a", "1", "", TRIED, "")
    assert start(start(slot)) == Slot("", "", "", PROVEN, "1")
    assert confirm(start(slot)) == Slot("a", "1", "", PROVEN, "")


def test_second_version_lies_beside_the_first():
    one = confirm(commit(Slot(), "1"))
    two = commit(one, "2")
    assert two == Slot("b", "2", "1", FRESH, "")
    assert roll_back(two) == Slot("a", "1", "", PROVEN, "2")
    assert other(one) == "b"
    assert other(two) == "a"
    assert other(Slot()) == "a"


def test_what_is_proven_is_not_touched_by_starts():
    slot = Slot("a", "1", "0", PROVEN, "x")
    assert start(slot) is slot


def test_a_proven_version_forgives_the_rejected_one():
    slot = commit(Slot("a", "1", "", PROVEN, "bad"), "2")
    assert slot.rejected == "bad"
    assert confirm(slot).rejected == ""


@given(st.lists(st.sampled_from(["commit", "start", "confirm", "back"]), max_size=40))
def test_the_way_back_leads_to_what_was_proven(steps):
    """Contents are written only where no proven version lies, as long as nothing is committed
    over a trial (which `run` sees to)."""
    slot, content, proven, number = Slot(), {"": ""}, "", 0
    for step in steps:
        if step == "commit" and not slot.trial:
            number += 1
            content[other(slot)] = str(number)
            slot = commit(slot, str(number))
        elif step == "start":
            slot = start(slot)
        elif step == "confirm" and slot.trial:
            slot = confirm(slot)
            proven = slot.version
        elif step == "back" and slot.trial:
            slot = roll_back(slot)
        assert content[slot.place] == slot.version
        assert slot.trial or slot.version == proven
        if slot.trial:
            assert roll_back(slot).version == proven
            assert content[roll_back(slot).place] == proven
            assert slot.rejected != slot.version
