"""The benchmark's own arithmetic. What it measures is checked by `./pythings test -e bench`."""

from __future__ import annotations

import json

import pytest

from build import bench


@pytest.fixture
def budget(tmp_path, monkeypatch):
    path = tmp_path / "budget.json"
    monkeypatch.setattr(bench, "BUDGET", path)
    monkeypatch.setattr(bench, "RECORD", tmp_path / "bench.json")
    return lambda limit: path.write_text(json.dumps({"import_ratio": limit}))


def test_imports_are_counted_once_each():
    assert 0 < bench.import_us("import json") < bench.import_us("import json, decimal, asyncio")


def test_a_budget_that_holds(budget, capsys):
    budget(1000)
    assert bench.main(["--pairs", "1", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["ok"] is True
    assert set(result["measured"]) == {"import_ms", "import_libraries_ms", "import_ratio"}


def test_what_was_measured_is_recorded(budget, tmp_path):
    budget(1000)
    assert bench.main(["--pairs", "1", "--record"]) == 0
    assert json.loads((tmp_path / "bench.json").read_text())["import_ratio"] > 0


def test_a_budget_that_is_exceeded(budget, capsys):
    budget(0.001)
    assert bench.main(["--pairs", "1"]) == 1
    told = capsys.readouterr()
    assert "at most 0.001" in told.out
    assert "import_ratio" in told.err
