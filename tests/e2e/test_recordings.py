"""Whole lives with updates of everything: recorded on each board, and replayed here.

So is the life of the demo's Thing. `tests/fault/test_recordings.py` does it with the fault lab.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.linux.shellsocket import NAME
from app.demo.life import DemoSteps
from app.demo.processes import PROJECT, Child
from app.demo.releases import CRASHES, Releases, tamper
from app.demo.stage import Stage
from app.simulator.boards import KINDS
from tests.e2e.conftest import World
from tests.e2e.shells import answers
from tests.e2e.simulated import pytestmark as simulated
from tests.patience import PATIENCE_S, until

BOARDS = [
    pytest.param(board, marks=[] if board == "linux" else simulated)
    for board in ("linux", *KINDS)
    if board != "esp8266_sim800"  # it has no memory for a recorder
]

# The settings come first, then the OS, then the app.
_LIFE = """
put %(trust)s trust; record %(file)s
until update; until boot; until update; until boot
until update; until boot; until run; app call worker; step; step; step
inject link; until recover; inject heal; until run; step; step
state; record off
"""
_REFUSED = (
    "put %(trust)s trust; record %(file)s; until update; until rejected; step; step; record off"
)
_CRASHES = "record %(file)s; until update; until boot; until run; step; step; record off"


class Owner:
    """An owner with a cloud that serves releases, and a board that is debugged again and again."""

    def __init__(self, world: World, folder: Path, board: str) -> None:
        self.releases = Releases(folder / "releases")
        self._world, self._folder, self._board = world, folder, board
        world.open("--dist", str(self.releases.dist))

    def wants(self, version: str, begins: str = "") -> Path:
        """Release a version, and want it on the board."""
        path = self.releases.make(self._board, version, begins)
        self._world.set(pythings_version=version)
        return path

    def records(self, text: str) -> Path:
        """Debug the board with a script that records; return the recording."""
        world, script, file = self._world, self._folder / "script", self._folder / "recording"
        script.write_text(text % {"trust": self.releases.trust, "file": file})
        where = ("--board", self._board, "--root", str(self._folder / "board"))
        cloud = ("--backend", "http://127.0.0.1:%d" % world.port, "--cloud-key", world.key)
        said = answers(*where, *cloud, "--aid", world.aid, "--modem-speed", "20", str(script))
        assert all(item["ok"] for item in said), said
        return file

    def records_what_crashes(self) -> Path:
        """Record a release that crashes, as `records`; the next one if a busy machine let the
        board take a step before the shell held it, which the shell says."""
        for version in ("9.0.2", "9.0.3", "9.0.4"):
            self.wants(version, CRASHES)
            try:
                return self.records(_CRASHES)
            except AssertionError as error:
                if "and hold first" not in str(error):
                    raise
        raise AssertionError("the shell was too late three times")


@pytest.fixture
def owner(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Owner]:
    """Yield an owner of the board that the test names."""
    world = World()
    with world:
        yield Owner(world, tmp_path, request.param)


def events_of(file: Path) -> list[str]:
    """Replay a recording by the command; return the events of all its runs."""
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "replay", str(file), "--json"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [m[1] for line in done.stdout.splitlines() for m in json.loads(line)["transitions"]]


def notes_of(file: Path) -> list[list[Any]]:
    """Return the notes of a recording."""
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return [line for line in lines if isinstance(line, list)]


@pytest.mark.parametrize("owner", BOARDS, indirect=True)
def test_a_life(owner: Owner) -> None:
    owner.wants("9.0.0")
    file = owner.records(_LIFE)
    assert {"update_wanted", "committed", "link_lost", "resume"} <= set(events_of(file))
    methods = {note[2] for note in notes_of(file) if note[0] == "call"}
    assert {"app_file", "management", "call", "seal", "os_file"} <= methods


@simulated
@pytest.mark.parametrize("owner", ["esp32"], indirect=True)
def test_releases_that_are_refused_or_taken_back(owner: Owner) -> None:
    """Those of a Linux Thing are in the demo."""
    tamper(owner.wants("9.0.1", "x = 1\n"))
    assert "rejected" in events_of(owner.records(_REFUSED))

    events = events_of(owner.records_what_crashes())
    assert events[0] == "booted"
    assert events.count("registered") == 2  # before the update, and when it was taken back


class Recorded(Stage):
    """The demo's stage with a debug shell at its Thing, which records from the first start on."""

    recorder: Child

    def start_thing(self, *options: str, backend: str = "") -> Child:
        """Start the Thing held, and let the shell release it."""
        thing = super().start_thing(*options, "--hold", backend=backend)
        until((self.root / NAME).exists)
        script = "record %s; auto; until setup" % (self.folder / "recording")
        where = ("--attach", str(self.root), "--timeout", "900")
        self.recorder = Child(["shell", *where, "-c", script])
        return thing


def test_the_demo() -> None:
    stage = Recorded(lambda who, event: None)
    with stage:
        life = DemoSteps(stage)
        # One that hangs is waited for, for ten minutes more, while a person may hold it.
        for _, step in [one for one in life.steps() if "hangs" not in one[0]]:
            step()
        stage.recorder.stop()
        events = events_of(stage.folder / "recording")
        methods = {note[2] for note in notes_of(stage.folder / "recording") if note[0] == "call"}
    assert {"committed", "applied", "rejected", "link_lost", "resume"} <= set(events)
    assert {"execute", "seal", "os_file", "app_file"} <= methods
