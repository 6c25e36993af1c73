"""The debug shell as a person uses it: a whole session typed into a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest

from app.demo.processes import PROJECT
from domain.lifecycle import STATES
from tests.e2e.conftest import World
from tests.e2e.simulated import pytestmark as simulated
from tests.e2e.terminal import Terminal, installed

pytestmark = [
    simulated,
    pytest.mark.skipif(not installed(), reason="tmux is not installed: nobody can type here"),
]

Open = Callable[..., Terminal]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Open]:
    """Yield a function that opens a terminal with a `pythings` command."""
    made: list[Terminal] = []

    def start(*arguments: str) -> Terminal:
        command = " ".join([sys.executable, "-m", "app.cli", *arguments])
        made.append(Terminal(command, tmp_path, PROJECT))
        return made[-1]

    yield start
    for found in made:
        found.close()


def test_a_session(world: World, terminal: Open, tmp_path: Path):
    backend = "http://127.0.0.1:%d" % world.port
    board = ("--board", "esp32", "--root", str(tmp_path / "board"))
    she = terminal("shell", *board, "--aid", world.aid, "--backend", backend)
    screen = she.ready("esp32(boot)>")
    assert "`help` lists the commands, Tab completes, Ctrl-D leaves." in screen
    she.shows("boot HELD | no link | no session | app none")  # the status line

    she.type("fi", "Tab")  # completed: one command begins so
    she.shows("esp32(boot)> fire ", lambda seen: "esp32(boot)> fire" in seen)
    she.type("", "Tab")  # the legal events are offered
    she.shows("the legal events", lambda seen: "must_recover" in seen and "setup_wanted" in seen)
    she.type("linked", "Enter")
    screen = she.shows("legal now:")
    assert "no event 'linked' in state 'boot'" in screen
    assert "legal now: booted, setup_wanted, must_recover, fault" in screen

    she.ready("esp32(boot)>")
    she.type("break update; auto", "Enter")
    screen = she.shows("break: run --update_wanted--> update")
    assert "new=run" in screen  # the Thing's events of the meantime
    she.shows("update HELD | link | session | app none")
    she.type("", "Enter")  # a fresh prompt
    she.ready("esp32(update)>")
    she.type("clear; until boot; until run", "Enter")
    she.shows("register --registered--> run")
    she.ready("esp32(run)>")

    she.type("inject link; until recover", "Enter")
    she.shows("run --link_lost--> recover (the connection was cut - injected)")
    she.shows("FAULT link")
    she.ready("esp32(recover)>")
    she.type("graph", "Enter")
    screen = she.shows("▶ recover   resume → run")
    assert "  run       update_wanted → update" in screen
    she.ready("esp32(recover)>")
    she.type("inject heal; until run", "Enter")
    she.shows("recover --resume--> run")
    she.ready("esp32(run)>")
    she.type("trace 2", "Enter")
    she.shows("run --link_lost--> recover (the connection was cut - injected)")

    she.ready("esp32(run)>")
    she.type("until setup", "Enter")  # there is no setup: the user interrupts the wait
    # Until the line editor has stopped, Ctrl-C would be a key of its own.
    she.shows("no line editor", lambda seen: "until setup" in seen and not she.edits())
    she.type("", "C-c")
    she.shows("held", lambda seen: "^Cheld" in seen or "\nheld" in seen)
    she.ready(*("esp32(%s)>" % state for state in STATES))  # the Thing went on meanwhile
    she.type("", "C-d")
    assert she.ended()
    assert "until setup" in (tmp_path / ".local/state/pythings/shell_history").read_text()


def test_a_replay(terminal: Open, tmp_path: Path):
    file = tmp_path / "recording"
    she = terminal("shell")
    she.ready("linux(boot)>")
    she.type("record %s; until recover; record off; quit" % file, "Enter")
    assert she.ended()
    she = terminal("replay", str(file))
    she.ready("replay(boot)>")
    she.type("until recover", "Enter")
    she.ready("replay(recover)>")
    she.type("back 2; cook", "Enter")
    she.ready("replay(connect)>")
    she.type("", "Enter")  # step to the next event
    she.ready("replay(register)>")
    she.type("'", "Enter")
    she.shows("quotation")
    she.ready("replay(register)>")
    before = she.screen().count("replay(register)>")
    she.type("", "C-c")
    she.shows("a fresh prompt", lambda seen: seen.count("replay(register)>") > before)
    she.type("", "C-d")
    assert she.ended()
