"""The shell's `trust`: the powers that a Thing grants to the operator of its cloud."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.shell import render
from app.shell.grants import GRANTS, HEAD, rows
from domain.settings.parameters import Parameters
from tests.fakes.signers import key_list
from tests.fakes.storage import MemoryStorage
from tests.unit.debug.support import Bench

ROOT = Path(__file__).resolve().parents[3]


def bench(**parameters):
    found = Bench(storage=MemoryStorage({"trust": key_list()} if parameters else {}))
    found.ask("hello", "hold")
    found.thing.parameters = Parameters(**parameters)
    return found


def test_what_the_thing_says():
    found = bench(apps="signed", commands="on")
    found.thing.journal.number_os, found.thing.journal.number_app = 7, 8
    assert found.ask("trust") == {
        "apps": "signed",
        "commands": "on",
        "key_list": True,
        "number_os": 7,
        "number_app": 8,
    }
    assert bench().ask("trust")["key_list"] is False


@pytest.mark.parametrize(("apps", "commands"), [row[:2] for row in GRANTS])
def test_the_line_in_force(apps, commands):
    shown = render.text(["trust"], bench(apps=apps, commands=commands).ask("trust"), [])
    (line,) = [line for line in shown.splitlines() if line.startswith(">")]
    assert line.split()[1:3] == [apps or "-", commands or "-"]
    assert "an OS: signed by its key list" in shown
    assert "never: it has no key list" in render.text(["trust"], bench().ask("trust"), [])


def test_it_is_the_table_of_the_documentation():
    text = (ROOT / "docs/security.md").read_text()
    for row in [list(HEAD), *rows()]:
        line = "| " + " | ".join(row) + " |"
        assert line.replace("|  |", "| |").replace("|  |", "| |") in text, line
