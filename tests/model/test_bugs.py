"""Each seeded bug is one place of the code."""

import importlib.util
from pathlib import Path

import pytest

from tests.model.bugs import BUGS
from tests.model.laws import LAWS


def test_there_are_twenty():
    assert len({bug.name for bug in BUGS}) == 20
    assert {bug.law for bug in BUGS} == set(LAWS)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_its_line_is_in_its_module_once(bug):
    spec = importlib.util.find_spec(bug.module)
    assert spec and spec.origin
    text = Path(spec.origin).read_text()
    assert text.count(bug.old) == 1
    compile(text.replace(bug.old, bug.new), spec.origin, "exec")
