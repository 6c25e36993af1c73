"""What the budget says of figures. The figures themselves are `./pythings test -e budget`'s."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

import pytest

from build import budget
from build.slim.boards import BOARDS
from build.slim.model import SlimError

BOARD = "esp8266"
LIMITS = {BOARD: {"mpy": 1000}}

Measured = Callable[..., Path]


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Measured:
    """`measured(recorded, **figures)`: of one board; gives the file with the record."""
    path = tmp_path / "budget.json"
    monkeypatch.setattr(budget, "BUDGET", path)
    monkeypatch.setattr(budget, "BOARDS", {BOARD: BOARDS[BOARD]})
    monkeypatch.setattr(budget, "largest", lambda board: [(500, "a.py"), (400, "b.py")])

    def write(recorded: dict[str, int], **figures: int) -> Path:
        path.write_text(json.dumps({"limits": LIMITS, "recorded": {BOARD: recorded}}))
        monkeypatch.setattr(budget, "measure", lambda board, heap: dict(figures))
        return path

    return write


def test_what_is_within_its_limit_and_has_not_grown(measured: Measured, capsys: Any) -> None:
    measured({"mpy": 990, "other": 10}, mpy=990, other=10, new=1)
    assert budget.main(["--check"]) == 0
    told = capsys.readouterr()
    assert "990  of   1000,     10 left" in told.out
    assert "500  a.py" in told.out
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


def test_what_cannot_be_built_is_said(
    measured: Measured, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    measured({})

    def fail(board: Any, heap: bool) -> Any:
        raise SlimError("x.py:1: no")

    monkeypatch.setattr(budget, "measure", fail)
    assert budget.main([]) == 1
    assert capsys.readouterr().err == "budget: x.py:1: no\n"
