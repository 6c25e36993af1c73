"""The command `pythings fault`."""

from __future__ import annotations

import json

import pytest

from app.cli import fault
from domain.readings.queue import Queue
from tests.fault import lab


def lines(capsys):
    return capsys.readouterr().out.splitlines()


def test_a_case_line_by_line(capsys):
    assert fault.main(["cut:app update:torn:3"]) == 0
    said = lines(capsys)
    events = [line.split()[1] for line in said[:-1]]
    assert events.index("READY") < events.index("FAULT") < events.index("FURTHER")
    assert 'what="power cut"' in said[events.index("FAULT")]
    assert said[-1] == "outcome: new, faults: 1"


def test_a_case_as_json(capsys):
    assert fault.main(["full:app update:once:3", "--json"]) == 0
    said = [json.loads(line) for line in lines(capsys)]
    assert said[-1] == {"outcome": "new", "faults": 1}
    struck = [line for line in said if line.get("event") == "FAULT"]
    assert [(line["what"], line["level"]) for line in struck] == [("failed write", "warning")]


def test_a_case_that_breaks(capsys, monkeypatch):
    monkeypatch.setattr(Queue, "open", lambda self, names: None)
    assert fault.main(["cut:readings:torn:20"]) == 1
    assert lines(capsys)[-1].startswith("outcome: broke, why: readings are lost")


def test_the_kinds_and_their_cases(capsys, monkeypatch):
    monkeypatch.setattr(lab, "KINDS", {"cut": lab.KINDS["cut"]})
    assert fault.main([]) == 0
    (kind,) = lines(capsys)
    assert kind.split()[0] == "cut"
    assert kind.endswith("cut:app update:early:1")
    assert fault.main(["cut"]) == 0
    cases = lines(capsys)
    assert len(cases) == int(kind.split()[1]) > 7000
    assert fault.main(["--json", "cut"]) == 0
    assert json.loads(lines(capsys)[0]) == {"case": cases[0]}


@pytest.mark.parametrize("case", ["dance", "cut:dance:torn:1", "cut:starts:torn:x", "cut:starts"])
def test_what_there_is_not(case, capsys):
    assert fault.main([case]) == 2
    assert "there is no" in capsys.readouterr().err


def test_without_the_tests(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(fault, "_ROOT", tmp_path)
    assert fault.main([]) == 1
    assert "checkout" in capsys.readouterr().err
