"""The picture of the lifecycle in the README."""

from __future__ import annotations

import re

import pytest

from build import diagram
from domain.lifecycle import FAULT, TABLE


def test_the_readme_shows_the_table_as_it_is():
    assert diagram.main(["--check"]) == 0


def test_every_transition_is_in_the_picture_and_nothing_else():
    arrows = re.findall(r"^ +(\w+) --> (\w+): (.*)$", diagram.mermaid(), re.M)
    drawn = {
        (state, event.replace(" ", "_"), following)
        for state, following, events in arrows
        for event in events.split(" | ")
    }
    assert drawn == {row for row in TABLE if row[1] != FAULT}


def test_a_stale_picture_is_told_and_mended(tmp_path, capsys):
    readme = tmp_path / "README.md"
    readme.write_text("before\n" + diagram.BEGIN + "old\n" + diagram.END + "after\n")
    assert diagram.main(["--check", "--readme", str(readme)]) == 1
    assert "python -m build diagram" in capsys.readouterr().err
    assert diagram.main(["--readme", str(readme)]) == 0
    text = readme.read_text()
    assert text.startswith("before\n") and text.endswith("after\n")
    assert diagram.mermaid() in text and "old" not in text
    assert diagram.main(["--check", "--readme", str(readme)]) == 0


@pytest.mark.parametrize("text", ["no marks", diagram.BEGIN, None])
def test_a_readme_without_marks_is_told(tmp_path, capsys, text):
    readme = tmp_path / "README.md"
    if text is not None:
        readme.write_text(text)
    assert diagram.main(["--readme", str(readme)]) == 1
    assert str(readme) in capsys.readouterr().err
