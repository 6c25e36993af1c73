"""The page on the architecture answers where an addition goes: each file and name of it exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
TABLE = PAGE.split("## Where to add something\n")[1].split("\n## ")[0]
ROWS = re.findall(r"(?m)^\| (?!to add )([^|]+) \| ([^|]+) \|(.*)\|$", TABLE)

_TOP = r"(?:domain|ports|adapters|app|build|tests|docs)/"
_PATH = re.compile(rf"`({_TOP}[\w./]*)`")
_NAMED = re.compile(rf"`(\w+)` in `({_TOP}[\w./]*)`")

# A newcomer's questions, "where would I add ...", by the first column's words.
QUESTIONS = (
    "a board",
    "a parameter",
    "a state or an event",
    "a kind of fault",
    "a field of a call",
    "an AT command",
    "a method of a port",
    "a `pythings` command",
    "a sentence",
    "a page of the console",
    "a setting",
    "an artifact",
)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_has_one_answer(question):
    rows = [first for subject, first, _ in ROWS if subject.startswith(question)]
    assert len(rows) == 1
    assert _PATH.search(rows[0]), f"{question}: the answer names no file"


def test_the_paths_exist():
    """NAME in a path stands for the name of the new file, beside others of its kind."""
    paths = _PATH.findall(PAGE)
    assert len(paths) > 60
    missing = [path for path in paths if not list(ROOT.glob(path.replace("NAME", "*").rstrip("/")))]
    assert missing == []


def test_the_names_are_defined_there():
    named = _NAMED.findall(TABLE)
    assert len(named) > 15
    for name, path in named:
        defined = rf"(?m)^ *(?:def |class )?{name}\b *[:=(]"
        for file in ROOT.glob(path.replace("NAME", "*")):
            text = file.read_text(encoding="utf-8")
            assert re.search(defined, text), f"{path} does not define {name}"
