"""The identity of a Thing, between real processes: an attacker that knows all but its secret, a
cloud that was restored, hardware that was replaced."""

from __future__ import annotations

import importlib.util
import json
import shutil
from typing import Any

import pytest

from tests.e2e.conftest import TID, World, no_reading_missing
from tests.everywhere import kept
from tests.unit.cloud.wire import Thing, Wire

REGISTER = "/api/v1/things/register/"
MANAGEMENT = "/api/v1/apps/management/"


def pinned(world: World) -> str:
    """Return the identity of the Thing, once the cloud knows it."""

    def look(admin):
        return admin.things() and admin.thing(TID)["identity"]["pinned"]

    return str(world.cloud_shows("an identity", look))


def refused(world: World, since: int = 0) -> None:
    """Wait until the Thing tells the error and the remedy, and that it tries again."""
    told = world.thing_tells("refused", since, event="session_lost", code="identity")
    assert "the identity" in str(told["text"])
    assert "pythings cloud thing admit" in str(told["text"])
    world.thing_tells("it tries again", since, event="remedy", remedy="reregister")


def body_of(request: bytes) -> dict[str, Any]:
    return dict(json.loads(request.partition(b"\r\n\r\n")[2]))


def test_an_attacker_who_knows_the_tid_and_the_app(world: World):
    world.running()
    mark = pinned(world)
    sessions = [event for event in world.thing.events if event["event"] == "session"]
    wire = Wire("http://127.0.0.1:%d" % world.port)
    for shown in ({}, {"proof": "0" * 32}, {"key": "0" * 32}):
        attacker = Thing(wire, world.aid, TID)
        assert attacker.register(identity=1, app_version=world.version).status == 200
        assert attacker.call("apps/worker/", msg={"run": "fake", "count": 1}).status == 401
        assert attacker.call("apps/get/", version=world.version, list=True).status == 401
        assert attacker.call("apps/management/", **shown).status == 401
    mid = world.admin.send_message(TID, "still you?")
    assert "still you?" in world.reply(mid)
    no_reading_missing(world.more_readings(3))
    assert [event for event in world.thing.events if event["event"] == "session"] == sessions
    assert pinned(world) == mark


def test_the_key_goes_over_the_wire_once(proxied):
    world, proxy, run = proxied
    run()
    mark = pinned(world)
    assert world.thing.stop() == 0
    first = list(zip(proxy.paths, proxy.requests))
    proxy.reset()
    world.start(backend="http://127.0.0.1:%d" % proxy.port)
    world.more_readings(2)
    assert pinned(world) == mark
    calls = first + list(zip(proxy.paths, proxy.requests))
    shown = [body_of(request) for path, request in calls if path == MANAGEMENT]
    keys = [fields["key"] for fields in shown if "key" in fields]
    assert len(keys) == 1
    sessions = [body_of(request) for path, request in calls if path == REGISTER]
    assert all(fields["identity"] == 1 for fields in sessions)
    # Each session is proved once, and every proof differs.
    proofs = [fields["proof"] for fields in shown if "proof" in fields]
    assert len(set(proofs)) == len(proofs) == len(sessions) - 1
    secret = (world.root / "secret.0").read_text()
    assert oct((world.root / "secret.0").stat().st_mode & 0o777) == "0o600"
    assert not [key for key in keys if key in secret]
    assert not [event for event in world.thing.events if any(key in str(event) for key in keys)]


def test_in_an_encrypted_session_neither_is_in_the_clear(proxied):
    world, proxy, _ = proxied
    world.set(payload_encryption=True)
    backend = "http://127.0.0.1:%d" % proxy.port
    world.start(backend=backend)
    world.readings(1)
    world.cloud_shows("encryption", lambda admin: admin.thing(TID)["encrypted"])
    proxy.reset()
    assert world.thing.stop() == 0
    world.start(backend=backend)
    proxy.wait_for_paths(4, 20)
    assert b'"proof"' not in b"".join(proxy.requests)
    world.more_readings(2)
    assert pinned(world)


def test_a_restored_cloud_learns_it_anew(world: World):
    """From a copy of the cloud's data that was made before the Thing registered."""
    data = world.folder / "cloud"
    world.cloud.stop()
    shutil.copytree(data, world.folder / "copy")
    world.start_cloud()
    world.running()
    before = pinned(world)
    assert world.cloud.stop() == 0
    shutil.rmtree(data)
    shutil.copytree(world.folder / "copy", data)
    world.start_cloud()
    world.readings(2)
    assert pinned(world) != before  # another salt, so another key
    mid = world.admin.send_message(TID, "welcome back")
    assert "welcome back" in world.reply(mid)


def test_a_factory_reset_waits_for_the_owner(world: World):
    world.running()
    before = pinned(world)
    assert world.thing.stop() == 0
    shutil.rmtree(world.root)
    world.start()
    refused(world)
    (waiting,) = world.admin.thing(TID)["identity"]["waiting"]
    assert world.admin.admit(TID, waiting["identity"])["identity"]["pinned"] != before
    world.more_readings(2)
    assert pinned(world) == waiting["identity"]
    mid = world.admin.send_message(TID, "and now?")
    assert "and now?" in world.reply(mid)


@pytest.mark.skipif(
    importlib.util.find_spec("micropython_unix") is None,
    reason="MicroPython's unix port is not installed",
)
@pytest.mark.parametrize("board", kept(["esp32", "esp8266"], "esp8266"))
def test_a_board_proves_it_after_its_power_came_back(board: str):
    """Its OS is the generated one, its secret lies in a littlefs image."""
    world = World()
    world.board = board
    with world:
        world.open().running()
        mark = pinned(world)
        assert world.thing.stop() == 0
        after = max(event["id"] for event in world.admin.events())
        world.start()
        world.more_readings(2)

        def look(admin):
            notes = [event["summary"] for event in admin.events(after)]
            return [note for note in notes if note.startswith("identity proved")]

        assert world.cloud_shows("a proof", look)
        thing = world.admin.thing(TID)["identity"]
        assert (thing["pinned"], thing["waiting"]) == (mark, [])
