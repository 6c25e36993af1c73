"""A TID is no secret (on ESP boards it is in every Wi-Fi frame), nor is an account's name: neither
opens a Thing's session, settings, files, messages or commands, nor allows sending readings."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import Any

import pytest

from app.cloud.tables.identities import fingerprint as shown_as
from tests.security.device import Device, fingerprint, proof
from tests.unit.cloud.conftest import running
from tests.unit.cloud.wire import LOST, TROUBLE, Thing

CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("apps/management/", {}),
    ("apps/worker/", {"msg": {"fake": 1}}),
    ("things/report/", {"what": "pythings", "status": "OK"}),
    ("apps/get/", {"version": "1001", "list": True}),
    ("apps/get/", {"version": "1001", "file_name": "worker_task.py"}),
    ("pythings/get/", {"version": "v9", "platform": "Python", "list": True}),
    ("pythings/get/", {"version": "v9", "platform": "Python", "file_name": "api.py"}),
)


@pytest.fixture
def device(wire, aid, admin):
    """Return a Thing with a pinned identity and a running session, for which a command waits."""
    admin.commit(aid, {"worker_task.py": "secret = 1"}, "1001")
    it = Device(wire, aid)
    it.run()
    it.report("OK")
    admin.send_command(it.tid, "print('the owner')")
    return it


def works(device, admin):
    """Assert that its session goes on and that the command still waits for it."""
    assert device.management()["type"] == "CMD"
    assert admin.thing(device.tid)["online"] is True


# An attacker that knows the TID and the App id.


def test_no_call_of_a_session_without_proof_is_answered(device, wire, aid, admin):
    for path, fields in CALLS:
        attacker = Thing(wire, aid, device.tid)
        assert attacker.register().status == 200
        answer = attacker.call(path, **fields)
        assert answer.status == 401, path
        assert "token" not in answer.json()  # which a Thing takes as a request to register again
    assert admin.readings(device.tid) == []
    works(device, admin)


@pytest.mark.parametrize(
    "shown",
    [
        {},
        {"proof": "0" * 32},
        {"proof": ""},
        {"proof": None, "key": None},
        {"proof": 5},
        {"proof": ["0" * 32]},
        {"proof": "0" * 31},
        {"proof": "é" * 32},
        {"proof": "0 " * 16},
        {"proof": "0" * 100_000},
        {"key": "0" * 32},
        {"key": "0" * 32, "proof": "0" * 32},
        {"key": True},
    ],
)
def test_a_wrong_proof_ends_the_session_that_it_came_in(device, wire, aid, admin, shown):
    attacker = Thing(wire, aid, device.tid)
    assert attacker.register(identity=1).status == 200
    answer = attacker.call("apps/management/", **shown)
    assert answer.status == 401
    assert "identity" in answer.json()
    assert "settings" not in answer.json()
    again = attacker.call("apps/management/", **shown)
    assert (again.status, "token not found" in again.json()) == (401, True)
    works(device, admin)


def test_what_it_says_of_itself_does_not_count_before(device, wire, aid, admin):
    before = admin.thing(device.tid)
    attacker = Thing(wire, aid, device.tid)
    attacker.register(platform="evil", capabilities="all", frozen=True, app_version="9")
    attacker.call("apps/management/")
    after = admin.thing(device.tid)
    for name in ("platform", "capabilities", "frozen", "app_version", "pythings", "active"):
        assert after[name] == before[name]
    assert after["last_contact"] == before["last_contact"]


def test_a_proof_counts_in_its_session_only(device, wire, aid, admin):
    """The attacker has overheard a whole session of the Thing."""
    device.run()
    heard = device.shown()
    for shown in (heard, {"proof": proof(device.key(), "")}):
        attacker = Thing(wire, aid, device.tid)
        assert attacker.register(identity=1).json()["salt"] == device.salt
        assert attacker.call("apps/management/", **shown).status == 401
    assert device.call("apps/management/", **heard).status == 200  # harmless in its own session


def test_neither_do_the_traps_of_register_end_its_session(device, wire, aid, admin):
    for token in (device.token, "unknown"):
        answer = wire.post("things/register/", {"tid": device.tid, "aid": aid, "token": token})
        assert (answer.status, answer.body) == (500, TROUBLE)
    works(device, admin)


def test_a_flood_of_registrations_neither_ends_it_nor_piles_up(device, wire, aid, admin, cloud):
    if not (cloud.data / "cloud.db").exists():
        pytest.skip("it counts rows of the SQLite file")
    before = _rows(cloud)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.cloud.tables.sessions._PENDING", 5)
        for _ in range(12):
            assert Thing(wire, aid, device.tid).register().status == 200
    assert _rows(cloud) <= before + 5
    works(device, admin)
    assert "settings" in device.run()


def _rows(cloud):
    with contextlib.closing(sqlite3.connect(cloud.data / "cloud.db")) as db:
        return db.execute("SELECT count(*) FROM session").fetchone()[0]


def test_in_the_clear_an_encrypted_session_takes_nothing(device, cloud, admin):
    """An attacker sees the token of such a session in clear text, but not its key."""
    device.run(cloud.ready.modulus)
    for path, fields in CALLS:
        answer = device.wire.post(path, {"token": device.token, **fields})
        assert answer.status == 401, path
        assert "settings" not in str(answer.body)
    assert "settings" in device.management()


def test_no_other_key_speaks_for_an_encrypted_session(device, wire, cloud, aid, admin):
    """The attacker has overheard its token, and sends it encrypted with a key of his own."""
    device.run(cloud.ready.modulus)
    device.report("OK")
    attacker = Thing(wire, aid)
    attacker.preregister(cloud.ready.modulus, 2**126 + 1)
    for path, fields in CALLS:
        answer = attacker.call(path, **{**fields, "token": device.token})
        assert (answer.status, answer.body) == (500, TROUBLE), path
    assert admin.readings(device.tid) == []
    works(device, admin)


def test_who_overhears_the_token_pins_nothing_before_the_thing(wire, cloud, aid):
    """The Thing's registration has it in clear text: an attacker may precede its next call."""
    it = Device(wire, aid)
    it.open(cloud.ready.modulus)
    answer = wire.post("apps/management/", {"token": it.token, "key": "0" * 32})
    assert answer.status == 401
    shown = it.call("apps/management/", **it.shown())
    assert "settings" in it.read(shown)
    it.known.add(it.salt)
    assert "settings" in it.run(cloud.ready.modulus)


# The Thing itself.


def test_its_proof_ends_the_session_before(device, admin):
    old = device.token
    assert device.run()["settings"]["pool"] == "development"
    assert "proof" in device.shown()
    answer = device.call("apps/worker/", token=old, msg=1)
    assert (answer.status, answer.json()) == (401, LOST)
    device.report("OK")
    works(device, admin)


def test_an_answer_to_register_that_is_lost_costs_nothing(device, admin):
    device.open()
    token, device.token = device.token, ""
    device.run()
    assert device.call("apps/management/", token=token).status == 401
    assert "settings" in device.management()


def test_an_answer_to_management_that_is_lost_costs_nothing(wire, aid, admin):
    for _ in range(3):
        device = Device(wire, aid)
        device.open()
        shown = device.shown()
        for _ in range(3):  # the cloud learns the key the first time, then it is shown again
            assert device.call("apps/management/", **shown).status == 200
        # The power is cut before the Thing has noted that it has shown the key.
        assert "settings" in device.run()
        assert "settings" in device.run()


def test_encrypted(cloud, wire, aid, admin):
    device = Device(wire, aid)
    modulus = cloud.ready.modulus
    assert "settings" in device.run(modulus)
    assert "settings" in device.run(modulus)
    assert admin.thing(device.tid)["identity"]["pinned"] == fingerprint(device.key())
    attacker = Device(wire, aid, device.tid)
    assert attacker.begin(modulus).status == 401
    assert "settings" in device.management()
    assert "settings" in device.run()  # and in the clear again, where the owner wants it


def test_the_key_may_come_later_in_the_session(wire, aid, admin):
    """A Thing sends it later if its OS is on trial."""
    device = Device(wire, aid)
    device.open()
    assert "settings" in device.management()
    assert admin.thing(device.tid)["identity"]["pinned"] is None
    assert device.call("apps/management/", **device.shown()).status == 200
    assert admin.thing(device.tid)["identity"]["pinned"] == fingerprint(device.key())


# Things without an identity: answered byte for byte as before.


def test_a_thing_of_before_is_answered_as_before(wire, aid, admin):
    thing = Thing(wire, aid)
    for _ in range(2):
        thing.token = ""
        answer = thing.register(platform="esp8266")
        assert list(answer.json()) == ["token", "epoch"]
        assert len(answer.body) == len('{"token":"","epoch":}') + 36 + 10
        assert list(thing.management()) == ["settings"]
        assert thing.call("apps/management/", key="0" * 32).status == 200  # it was not requested
    assert admin.thing(thing.tid)["identity"] == {"pinned": None, "since": None, "waiting": []}


def test_the_fields_change_nothing_before_a_key_is_shown(wire, aid, admin):
    thing = Thing(wire, aid)
    thing.register(identity=1)
    old, thing.token = thing.token, ""
    thing.register()
    assert thing.call("apps/management/", token=old).status == 401
    assert "settings" in thing.management()


# Storage.


def test_the_database_does_not_give_identities_away(tmp_path):
    with running(tmp_path) as cloud:
        device = Device(cloud.wire, cloud.admin.create_app("Lamp"))
        device.run()
        other = Device(cloud.wire, device.aid, device.tid)
        other.begin()
        shown = str(cloud.admin.things()) + str(cloud.admin.events())
    files = b"".join(file.read_bytes() for file in tmp_path.glob("cloud.db*"))
    for key in (device.key(), other.key()):
        assert key not in files
        assert key.hex().encode() not in files
        assert key.hex() not in shown
        assert shown_as(key) == fingerprint(key)
        assert fingerprint(key) in shown
