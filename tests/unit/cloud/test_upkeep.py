"""A backup is the database of one moment, and comes back; proxies are told how it is."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import stat
import threading

import pytest

from app.cli.cloud import main
from app.cloud.database import sqlite
from app.cloud.store import Store
from tests.patience import PATIENCE_S
from tests.unit.cloud.conftest import running
from tests.unit.cloud.wire import Thing


def call(capsys, folder, *arguments):
    status = main([*map(str, arguments), "--data", str(folder)])
    told = capsys.readouterr()
    return status, told.out + told.err


def test_a_backup_while_readings_come(tmp_path, capsys):
    """It has all readings acknowledged before it began, and no gap."""
    folder, copy = tmp_path / "data", tmp_path / "copy.db"
    enough, end = threading.Event(), threading.Event()

    def send():
        number = 0
        while not end.is_set():
            assert thing.call("apps/worker/", msg=number + 1, ts=number + 1).status == 200
            number += 1
            if number == 20:
                enough.set()

    with running(folder) as cloud:
        thing = Thing(cloud.wire, cloud.admin.create_app("Lamp"))
        thing.register()
        sender = threading.Thread(target=send)
        sender.start()
        try:
            assert enough.wait(PATIENCE_S)
            status, text = call(capsys, folder, "backup", copy)
        finally:
            end.set()
            sender.join(PATIENCE_S)
    assert status == 0
    assert "store.key" in text
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    other = tmp_path / "other"
    status, _ = call(capsys, other, "restore", copy)
    assert status == 0
    shutil.copy(folder / "store.key", other)
    with running(other) as cloud:
        found = [row["msg"] for row in cloud.admin.readings(thing.tid, 10_000)]
        assert found == list(range(1, len(found) + 1))
        assert len(found) >= 20
        thing.wire = cloud.wire
        assert "settings" in thing.management()


def test_that_of_before_stays(tmp_path, capsys):
    with contextlib.closing(Store(tmp_path / "cloud.db")) as store, store.transaction():
        store.accounts.add("first")
    assert call(capsys, tmp_path, "backup", tmp_path / "copy.db")[0] == 0
    with contextlib.closing(Store(tmp_path / "cloud.db")) as store, store.transaction():
        store.accounts.add("second")
    status, text = call(capsys, tmp_path, "restore", tmp_path / "copy.db")
    assert (status, "cloud.db.replaced" in text) == (0, True)
    for name, expected in (("cloud.db", ["first"]), ("cloud.db.replaced", ["first", "second"])):
        with contextlib.closing(sqlite3.connect(tmp_path / name)) as db:
            rows = db.execute("SELECT name FROM account ORDER BY number").fetchall()
        assert [row[0] for row in rows] == expected


def test_a_damaged_one_of_before_stays_with_its_last_changes(tmp_path, capsys):
    """The header is lost; all that was committed last is still in the `-wal`."""
    with contextlib.closing(Store(tmp_path / "cloud.db")) as store, store.transaction():
        store.accounts.add("first")
    assert call(capsys, tmp_path, "backup", tmp_path / "copy.db")[0] == 0
    (tmp_path / "cloud.db").write_bytes(b"damaged" * 1000)
    (tmp_path / "cloud.db-wal").write_bytes(b"the last changes")
    (tmp_path / "cloud.db.replaced-wal").write_bytes(b"of another restore")
    status, text = call(capsys, tmp_path, "restore", tmp_path / "copy.db")
    assert (status, "cloud.db.replaced" in text) == (0, True)
    assert (tmp_path / "cloud.db.replaced").read_bytes() == b"damaged" * 1000
    assert (tmp_path / "cloud.db.replaced-wal").read_bytes() == b"the last changes"
    assert not (tmp_path / "cloud.db-wal").exists()
    assert call(capsys, tmp_path, "restore", tmp_path / "copy.db")[0] == 0
    assert not (tmp_path / "cloud.db.replaced-wal").exists()  # it is not of the one there now


@pytest.mark.parametrize("content", [None, b"", b"no database" * 1000])
def test_what_is_no_backup_replaces_nothing(tmp_path, capsys, content):
    Store(tmp_path / "cloud.db").close()
    before = (tmp_path / "cloud.db").read_bytes()
    if content is not None:
        (tmp_path / "copy").write_bytes(content)
    status, text = call(capsys, tmp_path, "restore", tmp_path / "copy")
    assert (status, "is no backup" in text) == (1, True)
    assert (tmp_path / "cloud.db").read_bytes() == before


def test_nothing_is_restored_under_a_running_cloud(tmp_path, capsys):
    with running(tmp_path):
        call(capsys, tmp_path, "backup", tmp_path / "copy")
        for command in (("restore", tmp_path / "copy"), ("migrate",)):
            status, text = call(capsys, tmp_path, *command)
            assert (status, "already runs" in text) == (1, True)


def test_what_cannot_be_copied(tmp_path, capsys):
    assert "There is no" in call(capsys, tmp_path, "backup", tmp_path / "copy")[1]
    Store(tmp_path / "cloud.db").close()
    missing = tmp_path / "missing" / "copy"
    assert "No backup was made" in call(capsys, tmp_path, "backup", missing)[1]
    url = "postgresql+psycopg://u@h/d"
    status, text = call(capsys, tmp_path, "backup", missing, "--database", url)
    assert (status, "pg_dump" in text) == (1, True)


def test_the_schema_alone(tmp_path, capsys):
    status, text = call(capsys, tmp_path, "migrate")
    assert (status, text) == (0, "The database has the newest schema.\n")


def test_how_it_is(cloud):
    for path, body in (("/healthz", b"ok\n"), ("/readyz", b"ready\n")):
        answer = cloud.wire.request("GET", path)
        assert (answer.status, answer.body) == (200, body)


def test_how_it_is_without_its_database(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite, "LOCKED_S", 0.0)
    with running(tmp_path) as cloud:
        other = sqlite3.connect(tmp_path / "cloud.db", isolation_level=None)
        with contextlib.closing(other):
            other.execute("BEGIN IMMEDIATE")
            assert cloud.wire.request("GET", "/healthz").status == 200
            answer = cloud.wire.request("GET", "/readyz")
            assert (answer.status, answer.header("Retry-After")) == (503, "10")
            other.execute("ROLLBACK")
        assert cloud.wire.request("GET", "/readyz").status == 200
