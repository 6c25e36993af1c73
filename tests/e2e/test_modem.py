"""A Thing on a SIM800: the same lifecycle, through AT commands only."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.cli.demo import CELLULAR
from app.demo import apps
from app.demo.processes import PROJECT, Child
from app.demo.releases import Releases
from tests.e2e.conftest import World, no_reading_missing
from tests.e2e.shells import answers
from tests.everywhere import MARK
from tests.patience import PATIENCE_S

# Far enough apart that each is over before the next.
ONCE = ("601@6", "lost_answer@12", "bearer_drop@18", "brown_out@150")
FAULTS = (*ONCE, "short_read:0.1", "urc:0.05")


class Cellular:
    """A world with a Thing that has no other network than a simulated modem."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.modem: Child

    def start(self, *options: str, terminal: bool = True, thing: tuple[str, ...] = ()) -> World:
        """Start the modem, and the Thing on it."""
        where = ("--pty", str(self.world.folder / "modem")) if terminal else ("--tcp", "0")
        options = (*where, "--apn", "internet", "--speed", "20", "--search", "1", *options)
        self.modem = Child(["modem", *options])
        port = self.modem.wait_for("a modem", lambda e: e["event"] == "listening", PATIENCE_S)[
            "port"
        ]
        self.world.running("--modem", port, "--apn", "internet", *(thing or ("--modem-only",)))
        return self.world

    def counted(self) -> dict[str, Any]:
        """Stop the modem; return its last event, which has its counts."""
        assert self.modem.stop() == 0
        return self.modem.events[-1]


@pytest.fixture
def cellular(world: World) -> Iterator[Cellular]:
    made = Cellular(world)
    yield made
    made.modem.stop()


def test_a_life_over_a_modem(cellular: Cellular):
    world = cellular.start()
    link = world.thing_tells("a link", event="link", kind="cellular")
    assert (link["exposed"], link["network"]) == (True, "Sim Net")
    assert (link["battery"], link["millivolts"]) == (83, 4012)
    world.thing_tells("encrypted, though the settings do not say so", encrypted=True)
    world.confirmed(world.commit(apps.good("two")))
    no_reading_missing(world.readings(2, "two"))
    assert world.thing.stop() == 0
    told = cellular.counted()
    assert told["event"] == "stopped"
    assert told["cycles"] >= 2
    assert 300 < told["air_per_cycle"] < told["air"]


def test_a_command_by_hand_between_two_exchanges(cellular: Cellular):
    world = cellular.start()
    script = "modem AT+CSQ; net scan; modem 'AT+CPIN=\"1234\"'"
    found = answers("--attach", str(world.thing.pid), "-c", script, status=1)
    assert found[0]["items"][0].startswith("+CSQ: ")
    assert found[0]["items"][-1] == "OK"
    assert ["Sim Net 00101", 0, False] in found[1]["items"]
    assert "secret" in found[2]["answer"]["text"]
    world.more_readings(1)
    on_board = answers("--board", "esp32_sim800", "-c", "modem AT+GSN")
    assert [item.isdigit() for item in on_board[0]["items"]] == [True, False]


def test_a_life_over_a_modem_with_faults(cellular: Cellular):
    faults = [item for fault in FAULTS for item in ("--fault", fault)]
    world = cellular.start("--seed", "3", *faults, terminal=False)
    world.confirmed(world.commit(apps.good("two")))
    no_reading_missing(world.readings(4, "two"))
    assert cellular.counted()["faults"]


def test_a_modem_that_goes_away_and_comes_back(cellular: Cellular):
    world = cellular.start()
    cellular.modem.kill()
    since = world.since()
    world.thing_tells("trouble", since, event="remedy")
    world.waiting(2)
    cellular.modem = Child(
        ["modem", "--pty", str(world.folder / "modem"), "--speed", "20", "--search", "1"]
    )
    world.thing_tells("delivered", since, event="delivered", waiting=0)
    no_reading_missing(world.readings(3))


def test_the_modem_is_the_second_choice(cellular: Cellular):
    world = cellular.start(thing=("--modem-only",))
    assert world.thing.stop() == 0
    port = str(world.folder / "modem")
    world.start("--modem", port, "--apn", "internet")
    link = world.thing_tells("a link", event="link")
    assert link["kind"] == "host"
    world.more_readings(1)


def test_ctrl_c_ends_the_modem_and_its_name(cellular: Cellular):
    cellular.modem = Child(["modem", "--pty", str(cellular.world.folder / "modem")])
    cellular.modem.wait_for("a modem", lambda e: e["event"] == "listening", PATIENCE_S)
    assert cellular.modem._end(signal.SIGINT, 10) == 0
    assert not (cellular.world.folder / "modem").is_symlink()


@MARK  # each step over a modem is a test above, and those of docs/debugging.md are on a board
def test_all_boards_go_through_the_whole_demo_on_their_modems():
    boards = [word for board in CELLULAR for word in ("--board", board)]
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "demo", "--json", *boards],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=500,
    )
    result = json.loads(done.stdout.splitlines()[-1])
    assert [step for step in result["steps"] if not step["ok"]] == []
    assert result["result"] == "ok"
    assert done.returncode == 0
    updated = {step["board"] for step in result["steps"] if "new OS" in step["step"]}
    assert updated == set(CELLULAR)


def test_an_app_and_an_os_come_over_a_modem_with_faults(world: World, tmp_path: Path):
    releases = Releases(tmp_path)
    assert world.cloud.stop() == 0
    world.start_cloud("--dist", str(releases.dist))
    faults = ("--fault", "short_read:0.05", "--fault", "urc:0.05")
    cellular = Cellular(world)
    cellular.start("--seed", "5", *faults, thing=("--modem-only", "--trust", str(releases.trust)))
    world.confirmed(world.commit(apps.good("two")))
    world.readings(1, "two")
    releases.make("linux", "3.0.0")
    since = world.since()
    world.set(pythings_version="3.0.0")
    world.thing_tells("the new OS", since, event="boot", os="3.0.0")
    link = world.thing_tells("its link", since, event="link", up=True)
    assert link["kind"] == "cellular"
    world.thing_tells("the proof", since, event="confirmed")
    world.more_readings(1)
    no_reading_missing(world.readings(1, "two"))
    assert world.thing.stop() == 0
    assert set(cellular.counted()["faults"]) == {"short_read", "urc"}
