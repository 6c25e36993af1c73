"""The main job, seen from outside."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from app.demo import apps
from app.demo.processes import PROJECT, Child, NotSeen
from tests.e2e.conftest import TID, World, no_reading_missing
from tests.everywhere import kept
from tests.patience import PATIENCE_S

_DEMOS = ("--board linux --board esp32", "")


@pytest.mark.parametrize("options", kept(_DEMOS, _DEMOS[0]))
def test_the_demo_sees_every_step(options: str):
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "demo", "--json", *options.split()],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=500,
    )
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["result"] == "ok", result
    assert len(result["steps"]) >= 12
    assert done.returncode == 0
    assert done.stderr == ""


def test_an_empty_device_reaches_its_first_reading_without_a_restart(world: World):
    world.running()
    boots = [event for event in world.thing.events if event["event"] == "boot"]
    assert boots[0]["cause"] == "power_on"
    assert {boot["cause"] for boot in boots[1:]} == {"update"}  # the same process
    assert world.thing.stop() == 0


def test_a_backend_that_is_down_at_the_start_is_found_when_it_appears(world: World):
    world.cloud.kill()
    world.start()
    world.thing_tells("waiting", event="remedy")
    world.start_cloud()
    world.readings(1)


def test_the_app_works_off_line_from_the_start(world: World):
    world.running()
    assert world.thing.stop() == 0
    world.cloud.kill()
    world.start()
    world.waiting(3)
    world.start_cloud()
    world.thing_tells("delivered", event="delivered", waiting=0)
    no_reading_missing(world.readings(4))


def test_readings_that_wait_survive_a_stop_and_a_kill(world: World):
    world.running()
    world.cloud.kill()
    for least, end in ((3, Child.stop), (6, Child.kill)):
        _until_waiting(world, least)
        end(world.thing)
        world.start()
    world.start_cloud()
    world.thing_tells("delivered", event="delivered", waiting=0)
    no_reading_missing(world.readings(6))


def _until_waiting(world: World, least: int) -> None:
    world.waiting(least)


def test_two_things_do_not_share_a_root(world: World):
    world.running()
    first = world.thing
    second = world.start()
    with pytest.raises(NotSeen, match="another Thing runs in"):
        second.wait_for("anything", lambda e: False, PATIENCE_S)
    assert second.stop() == 1
    world.thing = first
    world.more_readings(1)


def test_an_app_of_many_files(world: World):
    world.running()
    files = apps.good("many")
    files["helper.py"] = "NAME = 'helped'\n"
    files["worker_task.py"] = "import helper\n\n\nclass WorkerTask:\n"
    files["worker_task.py"] += "    def call(self):\n        return {'app': helper.NAME}\n"
    world.confirmed(world.commit(files))
    assert world.readings(1, "helped")


def test_what_the_thing_prints_holds_no_secret(world: World):
    world.running()
    world.set(payload_encryption=True)
    world.thing_tells("encrypted", event="session", encrypted=True)
    world.more_readings(1)
    told = json.dumps(world.thing.events)
    assert world.thing.stop() == 0
    database = (world.folder / "cloud").glob("*")
    assert told
    tokens = _tokens(database)
    assert len(tokens) >= 3
    assert not [token for token in tokens if token in told]
    kept = b"".join(path.read_bytes() for path in world.root.rglob("*") if path.is_file())
    assert not [token for token in tokens if token.encode() in kept]
    assert TID in told


def _tokens(paths) -> list[str]:
    import sqlite3

    for path in paths:
        if path.suffix in (".db", ".sqlite", ".sqlite3"):
            with sqlite3.connect(path) as connection:
                rows = connection.execute("SELECT token, key FROM session").fetchall()
                return [str(value) for row in rows for value in row if value]
    raise AssertionError("no database")
