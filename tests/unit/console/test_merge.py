"""Merges of two edits: nothing of either is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.console.merge import merged

BASE = "one\ntwo\nthree\nfour\nfive\n"


def merge(base: str, mine: str, theirs: str):
    return merged({"a.py": base}, {"a.py": mine}, {"a.py": theirs}, "version 2")


def test_both_edits_of_different_places_are_taken():
    mine = BASE.replace("one", "ONE")
    theirs = BASE.replace("five\n", "five\nsix\n")
    found = merge(BASE, mine, theirs)
    assert found.files == {"a.py": "ONE\ntwo\nthree\nfour\nfive\nsix\n"}
    assert found.conflicts == []


def test_one_place_with_two_edits_is_marked_and_both_stay():
    found = merge(BASE, BASE.replace("three", "mine"), BASE.replace("three", "theirs"))
    assert found.files["a.py"].splitlines() == [
        "one", "two", "<<<<<<< yours", "mine", "=======", "theirs", ">>>>>>> version 2",
        "four", "five",
    ]  # fmt: skip
    assert found.conflicts == [("a.py", 3)]
    with pytest.raises(SyntaxError):
        compile(found.files["a.py"], "a.py", "exec")


def test_a_conflict_at_the_end_keeps_its_marks_on_lines_of_their_own():
    found = merge("x", "mine", "theirs").files["a.py"]
    assert found == "<<<<<<< yours\nmine\n=======\ntheirs\n>>>>>>> version 2\n"


def test_the_same_edit_of_both_is_no_conflict():
    same = BASE.replace("two", "2")
    assert merge(BASE, same, same).conflicts == []


def test_files_that_one_adds_or_removes():
    base = {"a": "1", "gone": "1", "changed": "1"}
    mine = {"a": "1", "changed": "2", "mine": "m"}
    theirs = {"a": "1", "gone": "1", "theirs": "t"}
    found = merged(base, mine, theirs, "version 2")
    # `changed` was removed by them, and changed by me: it stays.
    assert found.files == {"a": "1", "theirs": "t", "changed": "2", "mine": "m"}
    assert found.conflicts == []


def test_a_text_too_long_to_compare_is_one_conflict():
    long = "x\n" * 5001
    found = merge(long, "y\n" + long, long + "z\n")
    assert found.conflicts == [("a.py", 1)]
    assert "y\n" in found.files["a.py"]
    assert "z\n" in found.files["a.py"]


LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d"]), max_size=7).map("".join)


@given(LINES, LINES, LINES)
def test_no_line_of_either_is_lost(base, mine, theirs):
    found = merge(base, mine, theirs)
    out = found.files["a.py"]
    if base == theirs:
        assert out == mine
    elif base == mine:
        assert out == theirs
    else:
        # A new line of one side is in the result; one that the other side removed may be absent.
        added = (set(mine.splitlines()) | set(theirs.splitlines())) - set(base.splitlines())
        assert added <= set(out.splitlines())
