"""The budget's verdict on figures, and the life of a Thing in which they are measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

import pytest

from build import budget, budget_life, budget_os
from build.slim import emit, probe
from build.slim.boards import BOARDS
from build.slim.model import SlimError
from build.slim.passes import program_of, transform

BOARD = "esp8266"
LIMITS = {BOARD: {"mpy": 1000}}

Measured = Callable[..., Path]


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Measured:
    """Return `measured(recorded, **figures)`, of one board: the file with the record."""
    path = tmp_path / "budget.json"
    monkeypatch.setattr(budget, "BUDGET", path)
    monkeypatch.setattr(budget, "BOARDS", {BOARD: BOARDS[BOARD]})
    monkeypatch.setattr(budget, "largest", lambda board: [(500, "a.py", 3), (400, "b.py", 2)])

    def write(recorded: dict[str, int], **figures: int) -> Path:
        path.write_text(json.dumps({"limits": LIMITS, "recorded": {BOARD: recorded}}))
        monkeypatch.setattr(budget, "measure", lambda board, heap, known: dict(figures))
        return path

    return write


def test_what_is_within_its_limit_and_has_not_grown(measured: Measured, capsys: Any) -> None:
    measured({"mpy": 990, "other": 10}, mpy=990, other=10, new=1)
    assert budget.main(["--check"]) == 0
    told = capsys.readouterr()
    assert "990  of   1000,     10 left" in told.out
    assert "500  a.py, 3" in told.out
    assert told.err == ""


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({"mpy": 1001}, "mpy is 1001, and at most 1000 is promised"),
        ({"other": 1006}, "other has grown from 1000 to 1006"),
    ],
)
def test_what_is_too_much_fails_the_check(
    measured: Measured, capsys: Any, figures: dict[str, int], said: str
) -> None:
    measured({"other": 1000}, **figures)
    assert budget.main(["--check"]) == 1
    assert said in capsys.readouterr().err
    assert budget.main([]) == 0  # only told


def test_the_noise_of_a_heap_is_no_growth(measured: Measured, capsys: Any) -> None:
    measured({"other": 1000}, other=1004)
    assert budget.main(["--check"]) == 0


def test_figures_are_written_down(measured: Measured) -> None:
    path = measured({"mpy": 1}, mpy=900)
    assert budget.main(["--record"]) == 0
    assert json.loads(path.read_text()) == {"limits": LIMITS, "recorded": {BOARD: {"mpy": 900}}}


def test_sizes_alone_are_written_down_beside_what_else_is_known(measured: Measured) -> None:
    path = measured({"mpy": 1, "mpy_gone": 2, "words_os": 3}, mpy=900)
    assert budget.main(["--record", "--no-heap"]) == 0
    assert json.loads(path.read_text())["recorded"] == {BOARD: {"mpy": 900, "words_os": 3}}


def test_a_feature_beyond_its_allowance_fails_the_check(measured: Measured, capsys: Any) -> None:
    path = measured({}, mpy_pt_patch=1001)
    found = json.loads(path.read_text())
    path.write_text(json.dumps({**found, "features": {"patches": 1000}}))
    assert budget.main(["--check"]) == 1
    assert "patches is 1001, and its allowance is 1000" in capsys.readouterr().err


def test_what_cannot_be_built_is_said(
    measured: Measured, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    measured({})

    def fail(board: Any, heap: bool, known: Any) -> Any:
        raise SlimError("x.py:1: no")

    monkeypatch.setattr(budget, "measure", fail)
    assert budget.main([]) == 1
    assert capsys.readouterr().err == "budget: x.py:1: no\n"


def test_the_figures_of_a_life_are_not_the_same_each_time(measured: Measured, capsys: Any) -> None:
    measured({"words_rom": 1000}, words_rom=1020)
    assert budget.main(["--check"]) == 0
    measured({"words_rom": 1000}, words_rom=1050)
    assert budget.main(["--check"]) == 1


def test_all_of_it_as_json(measured: Measured, capsys: Any) -> None:
    measured({}, mpy=900)
    assert budget.main(["--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["boards"] == {BOARD: {"mpy": 900}}
    assert told["files"][0] == {"path": "a.py", "mpy": 500, "functions": 3}


def test_a_goal_is_shown(capsys: Any) -> None:
    budget.show("b", {"mpy": 90}, {"limits": {"b": {"mpy": 100}}, "goals": {"b": {"mpy": 50}}})
    assert "of    100,     10 left; the goal is 50" in capsys.readouterr().out


def test_every_limit_is_for_a_figure_that_is_measured() -> None:
    recorded = json.loads(budget.BUDGET.read_text(encoding="ascii"))
    for kind in ("limits", "goals"):
        for board, found in recorded[kind].items():
            assert set(found) <= set(recorded["recorded"][board])
    for board, limits in recorded["limits"].items():
        assert all(recorded["recorded"][board][key] <= limits[key] for key in limits)


@pytest.mark.skipif(not probe.micropython(), reason="MicroPython's unix port is not installed")
def test_a_life_is_lived_in_enough_heap_only() -> None:
    program = program_of(BOARDS["micropython"])
    transform(program)
    release = emit.files(program.sources, "")
    with budget_life.lives(program.renamed) as lives:
        kept, why = lives.live(release, True, 60000)
        assert why == ""
        assert kept > 20000
        kept, why = lives.live(release, True, 12000)
        assert kept == 0
        assert "MemoryError" in why or "ended" in why


@pytest.mark.slow
@pytest.mark.skipif(not probe.micropython(), reason="MicroPython's unix port is not installed")
def test_an_os_is_installed_in_enough_heap_only() -> None:
    with budget_os.updates(BOARD) as updates:
        assert updates.update(38 * 1024 - 1536) == ""
        assert "more memory than there is" in updates.update(27 * 1024)
