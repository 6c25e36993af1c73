"""The database: data that survives a restart, and the rollback of a transaction."""

import asyncio
import contextlib
import sqlite3

import pytest

from app.cloud import catalog
from app.cloud.api.answer import answer
from app.cloud.client import AdminError
from app.cloud.cloud import Cloud
from app.cloud.database import sqlite
from app.cloud.errors import CloudFailure
from app.cloud.event_notifier import EventNotifier
from app.cloud.srsa import KeyPair
from app.cloud.store import Store
from app.cloud.tables import events
from tests.unit.cloud.conftest import running
from tests.unit.cloud.wire import TROUBLE, Thing


@pytest.fixture
def store(tmp_path):
    with contextlib.closing(Store(tmp_path / "cloud.db")) as it:
        yield it


def test_a_transaction_is_all_or_nothing(store):
    with pytest.raises(KeyError), store.transaction():
        store.accounts.add("gone")
        raise KeyError
    assert not store.accounts.exists("gone")
    with store.transaction():
        store.accounts.add("kept")
    assert store.accounts.exists("kept")


def test_reopening(tmp_path, store):
    with store.transaction():
        store.accounts.add("kept")
    store.close()
    with contextlib.closing(Store(tmp_path / "cloud.db")) as again:
        assert again.accounts.exists("kept")


def test_a_database_of_a_newer_version(tmp_path, store):
    store.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "cloud.db")) as db:
        db.execute("PRAGMA user_version=99")
    with pytest.raises(CloudFailure, match="newer version"):
        Store(tmp_path / "cloud.db")


def test_only_statuses_are_reported(store):
    with pytest.raises(ValueError, match="token"):
        store.sessions.report("x", "token", "y", 0.0)


def test_old_events_go(store, monkeypatch):
    monkeypatch.setattr(events, "KEPT", 3)
    with store.transaction():
        for number in range(5):
            store.events.add(number, "worker", "", 200, "x" * 1000)
    assert [event.id for event in store.events.after(0, 10)] == [3, 4, 5]
    assert len(store.events.after(0, 10)[0].summary) == 200


def test_versions_within_a_second(store):
    cloud = Cloud(store, KeyPair(1, 1), lambda: 1700000000.5, EventNotifier())
    with store.transaction():
        store.accounts.add("a")
        app = catalog.create_app(cloud, "a", "App")
        assert catalog.commit(cloud, app, {"a": ""}, None) == "1700000001"
        assert catalog.commit(cloud, app, {"a": ""}, None) == "1700000002"
    assert store.versions.names(app.id)[0] == "1700000000"


def test_when_a_handler_fails(store, caplog):
    cloud = Cloud(store, KeyPair(1, 1), lambda: 0.0, EventNotifier())

    def handler(_cloud, _call):
        store.accounts.add("gone")
        raise KeyError

    with store.transaction():
        reply = answer(cloud, "worker", handler, lambda call: None)
    assert (reply.status, reply.body) == (500, TROUBLE)
    assert "worker failed" in caplog.text
    assert not store.accounts.exists("gone")
    assert [event.summary for event in store.events.after(0, 10)] == ["KeyError"]


def test_a_database_that_another_program_holds(tmp_path, monkeypatch):
    """Nothing is stored, and the Thing is told when to retry."""
    monkeypatch.setattr(sqlite, "LOCKED_S", 0.0)
    with running(tmp_path) as cloud:
        thing = Thing(cloud.wire, cloud.admin.create_app("Lamp"))
        thing.register()
        other = sqlite3.connect(tmp_path / "cloud.db", isolation_level=None)
        with contextlib.closing(other):
            other.execute("BEGIN IMMEDIATE")
            answer = thing.call("apps/worker/", msg=1, ts=1)
            assert (answer.status, answer.header("Retry-After")) == (503, "10")
            assert "database does not answer" in answer.json()
            with pytest.raises(AdminError, match="locked"):
                cloud.admin.apps()
            other.execute("ROLLBACK")
        assert thing.call("apps/worker/", msg=1, ts=1).status == 200
        assert [it["msg"] for it in cloud.admin.readings(thing.tid)] == [1]


def test_a_bell_that_is_closed_does_not_keep_anyone():
    async def scenario():
        notifier = EventNotifier()
        waiting = asyncio.ensure_future(notifier.wait(30))
        await asyncio.sleep(0)
        notifier.close()
        await waiting
        await notifier.wait(30)

    asyncio.run(scenario())
