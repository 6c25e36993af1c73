"""A whole lifecycle with updates of everything, recorded on each board and replayed here."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.demo.processes import PROJECT
from app.demo.releases import Releases
from tests.e2e.conftest import World
from tests.e2e.test_shell import answers
from tests.e2e.test_sim import pytestmark  # noqa: F401 - boards are simulated here
from tests.patience import PATIENCE_S

_SCRIPT = """
put %(trust)s trust; record %(file)s
%(again)s
until update; until boot; until update; until boot; until run; app call worker; step; step; step
inject link; until recover; inject heal; until run; step; step
state; record off
"""
_VERSION = "9.0.0"


@pytest.fixture
def released(tmp_path: Path) -> Iterator[tuple[World, Releases]]:
    """Yield a cloud that has an App and serves releases."""
    world = World()
    with world:
        releases = Releases(tmp_path / "releases")
        world.open("--dist", str(releases.dist))
        yield world, releases


@pytest.mark.parametrize("board", ["linux", "esp32", "esp8266"])
def test_a_life(released: tuple[World, Releases], board: str, tmp_path: Path) -> None:
    world, releases = released
    again = ""
    if board == "linux":  # the demo updates boards over and over
        releases.make(board, _VERSION)
        world.set(pythings_version=_VERSION)
        again = "until update; until boot"
    script, file = tmp_path / "script", tmp_path / "life"
    script.write_text(_SCRIPT % {"trust": releases.trust, "file": file, "again": again})
    said = answers(
        *("--board", board, "--root", str(tmp_path / "board"), "--aid", world.aid),
        *("--backend", "http://127.0.0.1:%d" % world.port, "--cloud-key", world.key, str(script)),
    )
    assert all(item["ok"] for item in said), said
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "replay", str(file), "--json"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    events = [m[1] for line in done.stdout.splitlines() for m in json.loads(line)["transitions"]]
    assert {"update_wanted", "committed", "link_lost", "resume"} <= set(events)
    notes = [json.loads(line) for line in file.read_text().splitlines()]
    methods = {note[2] for note in notes if isinstance(note, list) and note[0] == "call"}
    assert {"app_file", "management", "call"} <= methods
    assert board != "linux" or {"seal", "os_file"} <= methods
