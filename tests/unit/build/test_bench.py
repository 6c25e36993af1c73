"""The benchmark's own arithmetic; `./pythings test -e bench` checks the measured figures."""

from __future__ import annotations

import json

import pytest

from build import bench


@pytest.fixture
def budget(tmp_path, monkeypatch):
    path = tmp_path / "budget.json"
    monkeypatch.setattr(bench, "BUDGET", path)
    monkeypatch.setattr(bench, "RECORD", tmp_path / "bench.json")
    taken = {bench.LIBRARIES: 200_000, bench.THING: 250_000}
    monkeypatch.setattr(bench, "import_us", taken.__getitem__)
    return lambda limit: path.write_text(json.dumps({"import_ratio": limit}))


def test_imports_are_counted_once_each():
    report = """\
import time: self [us] | cumulative | imported package
import time:       200 |        200 |   json.scanner
import time:       300 |        500 | json
"""
    assert bench.self_us(report) == 500
    assert bench.import_us("import json") > 0


def test_a_budget_that_holds(budget, capsys):
    budget(1000)
    assert bench.main(["--pairs", "1", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["ok"] is True
    assert result["measured"] == {
        "import_ms": 250.0,
        "import_libraries_ms": 200.0,
        "import_ratio": 1.25,
    }


def test_what_was_measured_is_recorded(budget, tmp_path):
    budget(1000)
    assert bench.main(["--pairs", "1", "--record"]) == 0
    assert json.loads((tmp_path / "bench.json").read_text())["import_ratio"] == 1.25


def test_a_budget_that_is_exceeded(budget, capsys):
    budget(1.2)
    assert bench.main(["--pairs", "1"]) == 1
    told = capsys.readouterr()
    assert "at most 1.2" in told.out
    assert "import_ratio" in told.err
