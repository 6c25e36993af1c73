"""The debug shell's commands over the cloud, sent to real Things."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.conftest import TID, World
from tests.e2e.simulated import pytestmark  # noqa: F401 - boards are simulated here, too


def ask(world: World, command: str) -> Any:
    """Send a debug command; return the Thing's answer."""
    return json.loads(world.reply(world.admin.send_command(TID, command)))


@pytest.mark.parametrize("board", ["linux", "esp32"])
def test_a_thing_is_looked_at_from_afar(stage: World, board: str):
    stage.board = board
    world = stage.open().running()
    state = ask(world, ":state")
    assert (state["state"], state["app"], state["link"]) == ("run", world.version, True)
    assert ask(world, ":events") == ["update_wanted", "link_lost", "session_lost", "fault"]
    assert ask(world, ":slots")["app"]["version"] == world.version
    assert len(ask(world, ":mem")) == 2
    assert "app.a" in ask(world, ":ls") or "app.b" in ask(world, ":ls")
    assert ask(world, ":get tid") == TID
    assert "parameter commands is `all`" in ask(world, ":reboot")["refused"]
    assert "there is no :hold from afar, but state" in ask(world, ":hold")["refused"]
    assert world.reply(world.admin.send_command(TID, "print(6 * 7)")).strip() == "42"
    root = "" if board != "linux" else str(world.root)
    allow = "file = open('%s/commands', 'w'); file.write('all'); file.close()" % root
    assert world.reply(world.admin.send_command(TID, allow)) in ("", None)
    assert world.thing.stop() == 0

    world.start()
    assert ask(world, ":set pool development") == {"value": "development", "given": False}
    assert ask(world, ":get pool") == "development"
    assert ask(world, ":app call management 5") == "one got: 5"
    since = world.since()
    assert ask(world, ":reboot") == "it starts again"
    world.thing_tells("it starts again", since, event="boot", cause="restart")
    assert ask(world, ":journal")["starts"] <= 1
