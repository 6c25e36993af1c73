"""README's first app works as written: each command, each click, up to the app's own reading."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.console.site import visit
from tests.console.tutorial import CHECKOUT, README, TITLE, Action, perform, read, up

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_its_first_app_in_five_minutes(browser: Any, tmp_path: Path) -> None:
    """The part before the last command, clone and set-up, is in `tests.console.first_app`."""
    tutorial = read(README.read_text(encoding="utf-8"))
    assert tutorial.commands[:-1] == ["git clone REPOSITORY pythings", "cd pythings"]
    assert len(tutorial.actions) == 14
    with up(tutorial.commands[-1], CHECKOUT, tmp_path) as url, visit(browser, url) as page:
        page.goto(url)
        for action in tutorial.actions:
            perform(page, action)


def test_each_label_belongs_to_the_verb_before_it() -> None:
    steps = "1. Enter your **Name**\n   and **Password**, click\n   **Log\n   in**.\n"
    steps += "2. Paste in **a.py**, then see **ok**:\n\n   ```python\n   x = 1\n   ```\n"
    page = f"## {TITLE}\n\n```sh\na b\nc\n```\n\n{steps}\n## Else\n\n1. Click **Never**.\n"
    tutorial = read(page)
    assert tutorial.commands == ["a b", "c"]
    assert tutorial.actions == [
        Action("enter", "Name", ""),
        Action("enter", "Password", ""),
        Action("click", "Log in", ""),
        Action("paste", "a.py", "x = 1\n"),
        Action("see", "ok", ""),
    ]


@pytest.mark.parametrize(
    "step",
    ["1. The **Name**.\n", "1. Paste in **a.py**.\n", "1. Wow:\n\n   ```python\n   x\n   ```\n"],
)
def test_a_step_that_cannot_be_followed_is_refused(step: str) -> None:
    with pytest.raises(ValueError, match=r"no telling|nothing says"):
        read(f"## {TITLE}\n\n{step}")
