"""The debug shell on real Things: the same script everywhere, and the needs of each connection."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.demo import apps
from app.demo.processes import PROJECT
from tests.e2e.conftest import World
from tests.e2e.shells import answers, shell
from tests.e2e.simulated import pytestmark  # noqa: F401 - boards are simulated here, too
from tests.patience import PATIENCE_S

SCRIPT = """
state; events; fire registered; cook       # the second is illegal, the third unknown
step; events; until run; state
break update; until; break; until boot         # settings, then the app
until; until boot; slots; clear; until run
app call management '{"a": [1]}'
inject link; until link_lost; inject heal; until run
inject session; until session_lost; until run; state
set pool north; get pool; set setup_timeout soon; cat pool; rm pool; rm pool
put .gitattributes x/some; ls x; rm x/some; ls x
log debug; inject nonsense; update rollback settings; journal; until nowhere; reboot; state
"""

# These fields differ from board to board, and from run to run.
_OWN = ("memory", "uptime_ms", "epoch", "number", "tid", "why", "text", "queue", "since")


def same(answer: dict[str, Any], version: str) -> dict[str, Any]:
    """Return the part of an answer that must be the same on all boards."""
    found = json.loads(json.dumps(answer["answer"]).replace('"%s"' % version, '"VERSION"'))
    if isinstance(found, dict):
        found = {key: found[key] for key in found if key not in _OWN}
    return {"command": answer["command"], "ok": answer["ok"], "answer": found}


def test_the_same_script_gives_the_same_answers(world: World, tmp_path: Path):
    world.admin.set_pool(world.aid, "development", {"app_version": world.version})
    script = tmp_path / "script"
    script.write_text(SCRIPT)
    linux, *boards = [
        answers_of(world, board, tmp_path / board, script)
        for board in ("linux", "esp32", "esp8266")
    ]
    for shown in boards:
        assert shown == linux


def answers_of(world: World, board: str, root: Path, script: Path) -> list[Any]:
    """Run the script on a board; return the part of its answers that is the same on all."""
    backend = "http://127.0.0.1:%d" % world.port
    found = answers(
        *("--board", board, "--root", str(root), "--aid", world.aid),
        *("--backend", backend, "--cloud-key", world.key, str(script)),
        status=1,
    )
    by_command = {" ".join(item["command"]): item for item in found}
    assert by_command["fire registered"]["answer"]["legal"][0] == "booted"
    assert by_command["step"]["answer"] == {"event": "booted", "state": "connect"}
    assert by_command["until"]["answer"]["event"] == "update_wanted"
    assert by_command["slots"]["answer"]["app"]["version"] == world.version
    assert by_command["until link_lost"]["answer"]["state"] == "recover"
    size = (PROJECT / ".gitattributes").stat().st_size
    assert by_command["put .gitattributes x/some"]["answer"]["size"] == size
    assert found[-1]["answer"]["state"] == "boot"
    # An ESP8266 verifies no TLS: the cloud asks it to encrypt, and so it has other settings.
    del by_command["slots"]["answer"]["settings"]["version"]
    return [same(item, world.version) for item in found]


def test_a_thing_that_runs(world: World):
    world.running()
    root = world.root / "thing"
    root = next(path for path in (root, world.root) if (path / "shell").exists())
    for where in (str(world.thing.pid), str(root), str(root / "shell")):
        said = shell("--attach", where, "-c", "hold; state", "-c", "events")
        assert "run HELD" in said
        assert "session_lost" in said
    world.more_readings(2)  # it goes on after the shell has left
    assert "no Thing listens" in shell("--attach", str(root / "x"), "-c", "state", status=1)
    assert "cannot be looked at" in shell("--attach", "999999999", "-c", "state", status=1)
    assert "no `pythings run`" in shell("--attach", str(os.getpid()), "-c", "state", status=1)


def test_a_brown_out_of_a_child():
    said = answers("-c", "step; inject brownout; state; step; journal")
    assert said[2]["answer"]["state"] == "boot"
    assert said[4]["answer"]["starts"] == 1  # the run before did not end by itself


def test_a_brown_out_of_a_board(tmp_path: Path):
    root = tmp_path / "board"
    board = ("--board", "micropython", "--root", str(root), "--aid", "x")
    said = answers(*board, "-c", "step; inject brownout; state; sim wifi down; sim cook", status=1)
    assert [item["ok"] for item in said] == [True, True, True, True, False]
    assert said[2]["answer"]["state"] == "boot"
    assert said[2]["answer"]["held"]
    (root / "board.json").write_text("{}")
    assert "is not what a simulated board has left" in shell(*board, "-c", "state", status=1)


def test_a_board_that_wants_a_password(tmp_path: Path):
    made = shell("--make-password", PYTHINGS_SHELL_PASSWORD="secret")
    assert "secret" not in made
    root = str(tmp_path / "board")
    (tmp_path / "board.json").write_text(made)
    shell("--board", "micropython", "--root", root, "-c", "put %s/board.json" % tmp_path)
    asked = ("--board", "micropython", "--root", root, "-c", "state; cat board.json")
    said = shell(*asked, PYTHINGS_SHELL_PASSWORD="secret")
    assert "boot HELD" in said
    assert "***" in said
    wrong = subprocess.run(
        [sys.executable, "-m", "app.cli", "shell", *asked],
        cwd=PROJECT,
        env={**os.environ, "PYTHINGS_SHELL_PASSWORD": "guess"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "wrong password" in wrong.stderr


def test_ways_to_give_a_script(tmp_path: Path):
    (tmp_path / "script").write_text("fire linked\nstate")
    stopped = answers(str(tmp_path / "script"), "--stop", status=1)
    assert [item["ok"] for item in stopped] == [False]
    assert stopped[0]["answer"]["legal"][0] == "booted"
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "shell", "-v", "-"],
        cwd=PROJECT,
        input="step; step; quit; state",
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.stdout == "--booted--> connect\n--linked--> register\n"
    assert "boot" in done.stderr and "new=register" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--board", "toaster"], "invalid choice"),
        (["--board", "esp32", "--port", "x"], "not allowed with"),
        (["-c", "state 'x"], "quotation"),
        (["/nowhere/script"], "No such file"),
        (["--tid", "x" * 40, "-c", "state"], "longer than 36"),
    ],
)
def test_wrong_usage(arguments: list[str], says: str):
    assert says in shell(*arguments, status=2)


def test_a_thing_that_does_not_start(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "shell", "--root", str(tmp_path), "-c", "state"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 1
    assert "no App id" in done.stderr
    missing = shell(str(tmp_path / "script"), status=2)
    assert missing == "pythings shell: %s: No such file or directory\n" % (tmp_path / "script")
    file = tmp_path / "file"
    file.write_text("")
    for board in ("linux", "esp32"):
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", "shell", "--board", board, "--root", str(file)],
            cwd=PROJECT,
            input="state",
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
        assert done.returncode == 1, board
        assert "cannot be" in done.stderr or "Not a directory" in done.stderr


def test_an_app_of_the_person_runs(world: World, tmp_path: Path):
    world.commit(apps.good("mine"))
    backend = "http://127.0.0.1:%d" % world.port
    said = answers(
        *("--aid", world.aid, "--backend", backend),
        *("-c", "until update; until boot; until update; until boot; until run"),
        *("-c", "app call worker; update rollback; update check; step; update apply"),
        status=1,
    )
    assert said[5]["answer"]["app"] == "mine"
    assert said[6]["answer"]["code"] == "nothing"
    assert said[7]["ok"]
    assert said[8]["answer"]["state"] == "run"
    assert said[9]["answer"]["code"] == "nothing"
