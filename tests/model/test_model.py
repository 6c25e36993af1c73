"""The model check, shallow: each move from a Thing that works, and two of the seeded bugs."""

import json
import subprocess
import sys

import pytest

from tests.model.command import main

pytestmark = pytest.mark.slow


def test_the_laws_hold_after_each_move(capsys):
    assert main(["--focus", "all", "--start", "works", "--depth", "1", "--json"]) == 0
    row, total = map(json.loads, capsys.readouterr().out.splitlines())
    assert row["paths"] == row["moves"] >= 38
    assert row["states"] > 30
    assert total["futures"] > 1000


@pytest.mark.parametrize("bug", ["lost-request-counts-as-sent", "worker-starves-readings"])
def test_a_seeded_bug_is_found_by_a_path_that_a_person_can_follow(bug):
    command = [sys.executable, "-m", "tests.model", "--bug", bug, "--start", "works"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 1, found.stderr
    assert "broken: " in found.stdout
    assert "\n  1. " in found.stdout
    assert "> MOVE number=1" in found.stdout
    assert "> FUTURE" in found.stdout or "lost by this move" in found.stdout


def test_a_name_that_is_none_is_told(capsys):
    with pytest.raises(SystemExit):
        main(["--focus", "none"])
    assert "there is no 'none'; there are all, network" in capsys.readouterr().err
