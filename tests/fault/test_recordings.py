"""Runs of the fault lab are recorded, and the domain does the same again when they are replayed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from adapters.debug import port_recorder
from adapters.debug.shell import Shell, WatchedClock
from adapters.debug.wire import unseal
from app.shell.recording import named, parse
from app.shell.replay import Replay
from app.shell.runs import RecordedRun
from tests.everywhere import MARK
from tests.fault import lab, world
from tests.fault.world import World

KINDS = [kind for kind in lab.KINDS if kind not in ("littlefs", "hostile", "board")]
_EACH = 4
_SLOW = "slow"  # its runs are by far the longest: one case, and the others before a release


class Recorder:
    """The runner of a run in the lab, with a shell's taps around each step."""

    def __init__(self, lab_world: World) -> None:
        thing: Any = lab_world.thing
        while isinstance(thing.clock, WatchedClock):  # of the run before
            thing.clock = thing.clock.inner
        self.lines: list[str] = []
        self._runner = lab_world.runner
        self._shell = Shell(self._runner, lambda: None, self.lines.append, "open", lambda: None)
        self.run = RecordedRun({})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._runner, name)

    def step(self) -> str | None:
        """Step with the taps in place; between steps the lab needs the ports themselves."""
        if not self._shell.steps:
            head = port_recorder.inject(self._shell, ["record", "on"])
            self.run = RecordedRun(parse(json.dumps({"pythings": 2, "start": head}))["start"])
        port_recorder._tap(self._shell)
        self._shell.recording = True
        try:
            return self._shell.step()
        finally:
            self._shell.recording = False
            port_recorder._untap(self._shell)

    def finished(self) -> RecordedRun:
        """Return the recorded run."""
        for line in self.lines:
            note = json.loads((unseal(line) or "").split(" ", 3)[3])
            self.run.notes.append(parse(json.dumps(named(note, port_recorder.NUMBERING))))
        return self.run


@pytest.fixture
def recorders(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Recorder]]:
    found: list[Recorder] = []
    begin = World._begin

    def recorded(self: World, thing: Any) -> None:
        begin(self, thing)
        found.append(Recorder(self))
        self.runner = found[-1]  # type: ignore[assignment]

    monkeypatch.setattr(world.World, "_begin", recorded)
    yield found


@pytest.mark.parametrize(
    ("kind", "each"),
    [
        *((kind, 1 if kind == _SLOW else _EACH) for kind in KINDS),
        pytest.param(_SLOW, _EACH, marks=MARK),
    ],
)
def test_what_the_lab_plays_is_replayed(kind: str, each: int, recorders: list[Recorder]) -> None:
    every = list(lab.cases([kind], True))
    for case in islice(every, 0, None, max(1, len(every) // each)):
        recorders.clear()
        lab.play(case)
        runs = [recorder.finished() for recorder in recorders if recorder.lines]
        assert any(run.transitions() for run in runs)
        for run in runs:
            replay = Replay(run)
            while replay.forward():
                pass
            moved = [[f["old"], f["by"], f["new"]] for _, name, f in replay.told if name == "state"]
            assert moved[: len(run.transitions())] == run.transitions(), case
