"""The benchmark's figures, its yardstick, and the page that shows them."""

from __future__ import annotations

import json

import pytest

from app.cli import bench
from domain.lifecycle import BOOT
from domain.machine import Machine
from tests.bench import engines, page, textbook
from tests.bench.figure import Figure


def test_the_yardstick_encrypts_as_the_standard():
    """FIPS 197, appendix B."""
    aes = textbook.Aes(bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c"))
    block = aes.encrypt(bytes.fromhex("3243f6a8885a308d313198a2e0370734"))
    assert block.hex() == "3925841d02dc09fbdc118597196a0b32"


def test_each_engine_goes_round():
    library, compact = Machine(), engines.compact()
    for model in (library, compact):
        engines.go_round(model)
        assert model.state == BOOT


@pytest.mark.parametrize(
    ("figure", "row", "good"),
    [
        (Figure("a", 619.6, "B", 1019, most=620), ("a", "620 B", "1,019", "at most 620"), True),
        (Figure("a", 621, "B", most=620), ("a", "621 B", "", "at most 620"), False),
        (Figure("a", 19.94, least=20), ("a", "19.9", "", "at least 20"), False),
        (Figure("a", 1, least=1), ("a", "1", "", "at least 1"), True),
        (Figure("a", 12345.6), ("a", "12,346", "", ""), True),
    ],
)
def test_a_figure_shows_itself_and_its_goal(figure, row, good):
    assert (figure.row(), figure.good) == (row, good)


def test_the_page_shows_the_newest_version_and_keeps_the_rest(monkeypatch, tmp_path):
    monkeypatch.setattr(page, "RECORD", tmp_path / "record.json")
    shown = tmp_path / "page.md"
    shown.write_text("before\n%s\nold\n%s\nafter\n" % (page.BEGIN, page.END), encoding="utf-8")
    page.record("1.0", {"traffic": [Figure("cycle", 700, "B", most=620)]})
    page.record("1.1", {"traffic": [Figure("cycle", 600, "B", most=620)]})
    page.record("1.1", {"engines": [Figure("speed", 5, least=20)]})
    page.write(shown)
    text = shown.read_text(encoding="utf-8")
    assert text.startswith("before\n") and text.endswith("\nafter\n") and "old" not in text
    assert "| cycle | 600 B |  | at most 620 | met |" in text
    assert "| speed | 5 |  | at least 20 | **not met** |" in text
    assert "700" not in text
    assert json.loads(page.RECORD.read_text())["1.0"]["traffic"][0][1] == 700


def test_a_part_is_measured_and_checked(capsys):
    assert bench.main(["--only", "sizes", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["figures"]["ESP8266: all of the OS as `.mpy`"] > 60000
    assert bench.main(["--only", "sizes", "--check"]) == (1 if found["missed"] else 0)
