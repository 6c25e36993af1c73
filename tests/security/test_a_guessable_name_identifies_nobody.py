"""The name of an account, which is the same everywhere, admits no Thing; its random id admits new
Things."""

from __future__ import annotations

import uuid

import pytest

from app.cli.cloud import main
from tests.security.device import Device
from tests.security.earlier import AID, make_database
from tests.unit.cloud.conftest import running
from tests.unit.cloud.wire import Thing


def test_the_name_of_the_account_registers_nothing(wire, thing, admin):
    for name in ("local", "Local", "00000000-0000-0000-0000-000000000000"):
        for tid in (thing.tid, "new-one"):
            assert Thing(wire, name, tid).register().status == 401
    assert "settings" in thing.management()


def test_the_id_of_the_account_is_random(tmp_path_factory):
    ids = set()
    for name in ("a", "b"):
        with running(tmp_path_factory.mktemp(name)) as cloud:
            assert cloud.ready.aid == cloud.admin.account_id()
            ids.add(uuid.UUID(cloud.ready.aid).version)
            ids.add(cloud.ready.aid)
    assert len(ids) == 3  # two ids, both random ones


def test_it_does_not_take_a_thing_that_has_an_app(wire, thing, admin):
    answer = Thing(wire, admin.account_id(), thing.tid).register()
    assert answer.status == 401
    assert answer.json().endswith("already associated with another App in the same account.")
    assert "settings" in thing.management()


# A data folder from before accounts had ids.


@pytest.fixture
def earlier(tmp_path):
    make_database(tmp_path / "cloud.db")
    with running(tmp_path) as cloud:
        yield cloud


def test_a_migrated_folder_goes_on(earlier):
    """Known Things register as before; no new Thing registers by the name."""
    wire, admin = earlier.wire, earlier.admin
    assert uuid.UUID(admin.account_id()).version == 4
    for tid in ("by-app", "by-name"):
        assert Thing(wire, "local", tid).register().status == 200
    assert Thing(wire, "local", "new").register().status == 401
    assert Thing(wire, admin.account_id(), "new").register().status == 200
    assert Thing(wire, AID, "by-app").register().status == 200
    # It has shown that it knows its App id, so the name is not enough any more.
    assert Thing(wire, "local", "by-app").register().status == 401
    assert Thing(wire, AID, "by-app").register().status == 200
    assert Thing(wire, "local", "by-name").register().status == 200


def test_the_owner_closes_the_name(earlier, capsys):
    data = ["--data", str(earlier.data)]
    assert main(["account", "list", *data]) == 0
    assert "by its name, too" in capsys.readouterr().out
    assert main(["account", "close", "local", *data]) == 0
    assert "by its name" not in capsys.readouterr().out
    assert Thing(earlier.wire, "local", "by-name").register().status == 401
    assert Thing(earlier.wire, earlier.admin.account_id(), "by-name").register().status == 200
    assert main(["account", "close", "nobody", *data]) == 1


def test_a_pinned_thing_may_still_come_by_the_account(earlier):
    """Its proof of identity is stronger than any name."""
    device = Device(earlier.wire, "local", "by-name")
    device.run()
    device.aid = earlier.admin.account_id()
    assert "settings" in device.run()
