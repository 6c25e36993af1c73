"""A Thing with a changed identity is shown, and only its owner admits it: replaced hardware, a
factory reset, a restored cloud."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

from app.cli.cloud import main
from app.cloud.client import AdminError
from tests.security.device import Device, fingerprint
from tests.unit.cloud.conftest import running
from tests.unit.cloud.wire import Thing


@pytest.fixture
def device(wire, aid):
    """Return a Thing with a pinned identity and a running session."""
    it = Device(wire, aid)
    it.run()
    return it


def test_replaced_hardware_is_shown_and_admitted(
    device, wire, aid, admin, cloud, capsys, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "1000")
    other = Device(wire, aid, device.tid)
    for count in (1, 2):
        answer = other.begin()
        mark = fingerprint(other.key())
        assert answer.status == 401
        assert mark in answer.json()
        (row,) = admin.thing(device.tid)["identity"]["waiting"]
        assert (row["identity"], row["count"]) == (mark, count)
    event = [event for event in admin.events() if event["tid"] == device.tid][-1]
    assert (event["what"], event["status"]) == ("management", 401)
    assert mark in event["summary"]
    data = ["--data", str(cloud.data)]
    assert main(["thing", "list", "--trouble", *data]) == 0
    text = capsys.readouterr().out
    assert "refused 2 times: another identity" in text
    assert "pythings cloud thing show TID" in text
    assert main(["thing", "show", device.tid, *data]) == 0
    text = capsys.readouterr().out
    assert f"REFUSED 2 times: identity {mark}" in text
    assert f"pythings cloud thing admit {device.tid}" in text

    assert main(["thing", "admit", device.tid, *data]) == 0
    assert f"identity {mark}" in capsys.readouterr().out
    assert device.call("apps/management/").status == 401  # the previous identity
    assert "settings" in other.run()
    assert "settings" in other.run()
    assert admin.thing(device.tid)["identity"]["waiting"] == []
    assert device.begin().status == 401


def test_the_one_before_can_be_admitted_again(device, wire, aid, admin):
    """It sends a proof, not its key, which the cloud still knows."""
    other = Device(wire, aid, device.tid)
    other.begin()
    admin.admit(device.tid)
    other.run()
    assert device.begin().status == 401
    assert admin.admit(device.tid)["identity"]["pinned"] == fingerprint(device.key())
    assert "settings" in device.run()
    assert other.begin().status == 401


def test_where_several_wait_the_owner_says_which(device, wire, aid, admin):
    ours, foreign = (Device(wire, aid, device.tid) for _ in range(2))
    assert (ours.begin().status, foreign.begin().status) == (401, 401)
    with pytest.raises(AdminError, match="several wait"):
        admin.admit(device.tid)
    admin.admit(device.tid, fingerprint(ours.key()))
    assert foreign.begin().status == 401
    assert "settings" in ours.run()


def test_junk_does_not_keep_the_owner_from_admitting(device, wire, aid, admin):
    ours = Device(wire, aid, device.tid)
    ours.open()
    for _ in range(20):
        Device(wire, aid, device.tid).begin()
    assert len(admin.thing(device.tid)["identity"]["waiting"]) == 8
    mark = fingerprint(ours.key())  # as the Thing reports it
    admin.admit(device.tid, mark)
    assert Device(wire, aid, device.tid).begin().status == 401
    assert "settings" in ours.run()
    assert admin.thing(device.tid)["identity"]["pinned"] == mark


def test_junk_does_not_push_out_the_one_before(device, wire, aid, admin):
    """It sends only a proof of its key, so the cloud has to keep that key."""
    other = Device(wire, aid, device.tid)
    other.begin()
    admin.admit(device.tid, fingerprint(other.key()))
    assert "settings" in other.run()
    for number in range(9):
        stranger = Thing(wire, aid, device.tid)
        stranger.register(identity=1)
        assert stranger.call("apps/management/", key=f"{number:032x}").status == 401
    answer = device.begin()
    assert (answer.status, fingerprint(device.key()) in answer.json()) == (401, True)
    admin.admit(device.tid, fingerprint(device.key()))
    assert "settings" in device.run()


def test_a_thing_that_went_back_to_an_os_without_identities(device, wire, aid, admin):
    old = Thing(wire, aid, device.tid)
    assert old.register().status == 200
    assert old.call("apps/management/").status == 401
    assert admin.thing(device.tid)["identity"]["waiting"][0]["identity"] == "none"
    assert admin.admit(device.tid)["identity"] == {"pinned": None, "since": None, "waiting": []}
    old.token = ""
    old.register()
    assert list(old.management()) == ["settings"]
    # Its next OS has one again, with a new salt: nothing sent before opens it.
    before = device.salt
    assert "settings" in device.run()
    assert device.salt != before


def test_nothing_to_admit(device, admin):
    with pytest.raises(AdminError, match="none waits"):
        admin.admit(device.tid)
    for mark in ("x", "0" * 15, "0" * 17, "UNKNOWN", "é" * 16):
        with pytest.raises(AdminError, match="16 digits"):
            admin.admit(device.tid, mark)
    with pytest.raises(AdminError, match="no Thing"):
        admin.admit("nobody")


# A restored cloud.


def restore(data, copy):
    for name in ("cloud.db-wal", "cloud.db-shm"):
        (data / name).unlink(missing_ok=True)
    (data / "cloud.db").write_bytes(copy)


def backup(data):
    """Return a copy of the database, made as by `sqlite3 cloud.db .backup`."""
    target = data / "copy"
    source = sqlite3.connect(data / "cloud.db")
    with contextlib.closing(source), contextlib.closing(sqlite3.connect(target)) as other:
        source.backup(other)
    return target.read_bytes()


def test_a_backup_from_before_the_thing_was_pinned(tmp_path):
    with running(tmp_path) as cloud:
        aid = cloud.admin.create_app("Lamp")
        copy = backup(tmp_path)
        device = Device(cloud.wire, aid)
        device.run()
    restore(tmp_path, copy)
    with running(tmp_path) as cloud:
        device.wire = cloud.wire
        assert "settings" in device.run()
        assert "settings" in device.run()
        assert cloud.admin.thing(device.tid)["identity"]["pinned"] == fingerprint(device.key())


def test_a_backup_from_before_the_hardware_was_replaced(tmp_path):
    with running(tmp_path) as cloud:
        old = Device(cloud.wire, cloud.admin.create_app("Lamp"))
        old.run()
        copy = backup(tmp_path)
        new = Device(cloud.wire, old.aid, old.tid)
        new.begin()
        cloud.admin.admit(new.tid)
        new.run()
    restore(tmp_path, copy)
    with running(tmp_path) as cloud:
        new.wire = cloud.wire
        assert new.begin().status == 401  # it sends a proof only, and this cloud never saw its key
        assert cloud.admin.thing(new.tid)["identity"]["waiting"][0]["identity"] == "unknown"
        with pytest.raises(AdminError, match="`none` takes any"):
            cloud.admin.admit(new.tid)
        cloud.admin.admit(new.tid, "none")
        assert "settings" in new.run()
        assert cloud.admin.thing(new.tid)["identity"]["pinned"] == fingerprint(new.key())


def test_a_cloud_that_lost_all_its_data(tmp_path_factory):
    with running(tmp_path_factory.mktemp("first")) as cloud:
        aid = cloud.admin.create_app("Lamp", aid="lamp-1")
        device = Device(cloud.wire, aid)
        device.run()
    with running(tmp_path_factory.mktemp("second")) as cloud:
        cloud.admin.create_app("Lamp", aid="lamp-1")
        device.wire = cloud.wire
        for _ in range(2):
            assert "settings" in device.run()


def test_a_cloud_that_lost_its_key(tmp_path):
    with running(tmp_path) as cloud:
        device = Device(cloud.wire, cloud.admin.create_app("Lamp"))
        device.run()
    (tmp_path / "store.key").unlink()
    with running(tmp_path, forget_keys=True) as cloud:
        device.wire = cloud.wire
        for _ in range(2):
            assert "settings" in device.run()
