"""A unified diff as two sides: each line has its number, and stands beside the one it replaces."""

from __future__ import annotations

import difflib

from hypothesis import given
from hypothesis import strategies as st

from app.cloud.manage.service.versions import _diff
from app.console.sides import CHANGED, GAP, SAME, SideRow, sides


def diff(old: dict[str, str], new: dict[str, str]) -> str:
    return _diff(old, new, "v1", "v2")


def test_a_changed_line_stands_beside_the_new_one():
    (file,) = sides(diff({"a.py": "1\n2\n3\n"}, {"a.py": "1\ntwo\nmore\n3"}))
    assert file.name == "a.py"
    assert file.rows == [
        SideRow(SAME, (1, "1"), (1, "1")),
        SideRow(CHANGED, (2, "2"), (2, "two")),
        SideRow(CHANGED, (3, "3"), (3, "more")),
        SideRow(CHANGED, None, (4, "3")),
    ]


def test_files_that_came_and_went_have_one_side():
    came, went = sides(diff({"gone.py": "x\n"}, {"new.py": "--- y\n"}))[::-1]
    assert (came.name, came.rows) == ("new.py", [SideRow(CHANGED, None, (1, "--- y"))])
    assert (went.name, went.rows) == ("gone.py", [SideRow(CHANGED, (1, "x"), None)])


def test_far_parts_have_a_gap_between_them():
    old = [f"{n}\n" for n in range(40)]
    new = [*old]
    new[10], new[30] = "ten\n", "thirty\n"
    (file,) = sides(diff({"a": "".join(old)}, {"a": "".join(new)}))
    assert [row.kind for row in file.rows].count(GAP) == 2
    changed = [row for row in file.rows if row.kind == CHANGED]
    assert changed == [
        SideRow(CHANGED, (11, "10"), (11, "ten")),
        SideRow(CHANGED, (31, "30"), (31, "thirty")),
    ]


def test_no_difference_and_one_too_long():
    assert sides("") == []
    (file,) = sides(diff({"a": "x\n" * 3000}, {"a": "y\n" * 3000}))
    assert (file.rows, file.remark) == ([], "It is too long to compare here.")


TEXTS = st.lists(st.sampled_from(["a\n", "-- b\n", "++ c\n", "@@ d\r\n", "\n", "e\x0c", "f"]))


@given(TEXTS.map("".join), TEXTS.map("".join))
def test_each_side_is_part_of_its_text(old, new):
    for file in sides(diff({"a": old}, {"a": new})):
        for text, side in ((old, "old"), (new, "new")):
            lines = text.splitlines()
            shown = [pair for row in file.rows if (pair := getattr(row, side))]
            assert [lines[number - 1] for number, _ in shown] == [line for _, line in shown]
    assert bool(sides(diff({"a": old}, {"a": new}))) == (old != new)


def test_a_damaged_diff_ends_early():
    whole = "".join(difflib.unified_diff(["1\n", "2\n"], ["1\n", "3\n"], "v1/a", "v2/a"))
    for cut in range(len(whole)):
        sides(whole[:cut])
