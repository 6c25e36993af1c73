"""Bad settings and parameters, and a storage that fails: the rows of docs/reliability.md."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.demo import apps
from app.demo.processes import PROJECT, NotSeen
from tests.e2e.conftest import TID, World, no_reading_missing
from tests.patience import PATIENCE_S

KILLER = Path(__file__).with_name("killer")


@pytest.mark.parametrize("value", ["auto", "0", "-5", "", None, True, 1e99, {"a": 1}])
def test_an_interval_that_is_none_is_told_and_the_good_one_stays(world: World, value):
    world.running()
    since = world.since()
    world.set(worker_interval=value)
    assert "worker_interval" in world.status("pythings", "KO", "worker_interval", "still 1")
    world.more_readings(2)
    world.set(worker_interval="1")
    world.status("pythings", "OK")
    assert not [e for e in world.thing.events[since:] if e["event"] == "boot"]


def test_unknown_settings_are_passed_over(world: World):
    world.set(from_the_future={"a": [1]}, loglevel=7)
    world.running()
    world.more_readings(1)


def test_encryption_that_the_thing_has_no_key_for_is_refused_until_it_has(world: World):
    key, world.key = world.key, "0"  # no key: the Thing takes the public cloud's
    world.running()
    world.set(payload_encryption=True)
    taken_back = {"event": "taken_back", "kind": "settings"}
    told = world.thing.wait_for("taken back", lambda e: taken_back.items() <= e.items(), PATIENCE_S)
    assert told["runs"]
    world.status("pythings", "KO", "settings", "taken back")
    world.more_readings(1)
    assert not [e for e in world.thing.events if e["event"] == "session" and e["encrypted"]]
    assert world.thing.stop() == 0
    world.key = key
    world.start()
    world.thing_tells("encrypted", event="session", encrypted=True)
    world.status("pythings", "Ok: session started")
    no_reading_missing(world.more_readings(1))


def test_settings_and_a_message_in_one_answer(world: World):
    world.running()
    mids = []
    for interval in ("2", "1"):
        mids.append(world.admin.send_message(TID, "with interval %s" % interval))
        world.set(worker_interval=interval)
    replies = [world.reply(mid) for mid in mids]
    assert replies == ["one got: with interval 2", "one got: with interval 1"]


def test_settings_that_cut_the_thing_off_are_taken_back(world: World):
    world.running()
    since = world.since()
    world.set(backend="127.0.0.1:1")
    taken_back = {"event": "taken_back", "kind": "settings"}
    world.thing.wait_for("taken back", lambda e: taken_back.items() <= e.items(), PATIENCE_S, since)
    world.status("pythings", "KO", "settings", "taken back")
    world.more_readings(1)


def test_kill_while_settings_are_written(world: World):
    """Killed at each write of a settings update in turn: it always comes back, mended."""
    world.running()
    interval = 1
    for write in range(1, 40):
        assert world.thing.stop() == 0
        interval = 3 - interval
        world.set(worker_interval=str(interval))
        world.environment = {
            "KILL_AT_WRITE": str(write),
            "PYTHONPATH": os.pathsep.join([str(KILLER), str(PROJECT)]),
        }
        world.start()
        survived = _confirms(world)
        world.environment = {}
        if survived:
            break
        world.start()
        world.more_readings(1)
    else:
        raise AssertionError("the writes of a settings update do not end")
    assert write >= 4  # there were writes to kill at
    no_reading_missing(world.admin.readings(TID, 1000))


def _confirms(world: World) -> bool:
    """Wait until the Thing confirms or is killed; return whether it confirmed."""
    try:
        world.thing_tells("confirmed", event="confirmed")
        return True
    except NotSeen:
        assert world.thing.ended, world.thing.last_words()
        assert world.thing.kill() == -signal.SIGKILL
        return False


def test_disk_full(stage: World):
    """A real file system with no room: settings and app stay whole, management goes on."""
    tiny = stage.folder / "tiny"
    tiny.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", str(tiny)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small file system takes root")
    try:
        stage.root = tiny / "thing"
        world = stage.open().running()
        room = os.statvfs(tiny).f_bavail * os.statvfs(tiny).f_frsize
        (tiny / "filler").write_bytes(b"x" * room)
        version = world.commit(apps.good("two"))
        world.status("pythings", "KO", version, "No space left")
        assert world.more_readings(2)[-1]["msg"]["app"] == "one"
        world.cloud.kill()
        world.waiting(3, world.since())
        world.start_cloud()
        no_reading_missing(world.more_readings(3))
        (tiny / "filler").unlink()
        assert world.thing.stop() == 0
        world.start()
        world.confirmed(version)
    finally:
        stage.thing.stop()
        subprocess.run(["umount", str(tiny)], check=True)


def test_half_written_parameters_and_garbled_settings(world: World):
    world.running()
    assert world.thing.stop() == 0
    (world.root / "setup_timeout").write_text("6o")
    (world.root / "apn").write_bytes(b"\xff\xfe")
    (world.root / "pool").write_text("")
    (world.root / "apps").write_text("signd")
    for place in ("a", "b"):
        (world.root / ("settings." + place)).write_text('{"worker_inter')
    world.start()
    told = world.thing_tells("told", event="parameter")
    assert "is not used" in told["text"]
    world.status("pythings", "KO", "setup_timeout", "apn", "pool", "apps", "is not used")
    texts = [e["text"] for e in world.thing.events if e["event"] == "parameter"]
    assert len(texts) == len(set(texts))  # each text once
    world.thing_tells("told", event="settings")
    world.more_readings(2)


def test_a_journal_that_is_lost_or_garbled(world: World):
    world.running()
    assert world.thing.stop() == 0
    for copy in (0, 1):
        (world.root / ("journal.%d" % copy)).write_bytes(os.urandom(200))
    world.start()
    world.more_readings(2)


def test_a_registration_that_is_refused(world: World):
    world.start_thing("--tid", TID, "--aid", "no-such-app")
    refused = world.thing_tells("the refusal", event="refused")
    assert "AID" in refused["text"]
    remedy = world.thing_tells("it tries again", event="remedy")
    assert remedy["remedy"] == "reregister"
    assert world.thing.stop() == 0


def test_a_backend_that_does_not_resolve(world: World):
    world.start(backend="no-such-host.invalid:80")
    told = world.thing_tells("the reason", event="no_link")
    assert told["code"] == "no_address"
    assert "no-such-host.invalid" in told["text"]
    assert world.thing.stop() == 0


@pytest.mark.parametrize(
    "arguments, message, status",
    [
        ([], "--aid", 2),
        (["--aid", "x" * 40], "aid is longer than 36", 2),
        (["--aid", "x", "--app-timeout", "soon"], "app_timeout is not a whole number", 2),
        (["--aid", "x", "--root", "/proc/no/such"], "--root", 1),
        (["--aid", "x", "--ca", "/no/such.pem"], "/no/such.pem", 2),
    ],
)
def test_what_cannot_work_is_said_at_once(
    tmp_path, arguments: list[str], message: str, status: int
):
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "run", "--root", str(tmp_path / "thing"), *arguments],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == status
    assert message in done.stderr
    assert "Traceback" not in done.stderr
