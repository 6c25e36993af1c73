"""A data folder of cloud version 2.1 is taken over without loss, and moves to PostgreSQL.

`earlier/` was made by that version: its database as SQL, its key, and its answers.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from alembic import op

from app.cloud.cipher import SessionCipher
from app.cloud.database import upgrade
from app.cloud.database.connection import Database
from app.cloud.database.postgres import Postgres
from app.cloud.errors import CloudFailure
from app.cloud.store import Store
from app.cloud.vault import Vault
from tests.unit.cloud.conftest import running
from tests.unit.cloud.wire import Thing

EARLIER = Path(__file__).with_name("earlier")
SEEN = json.loads((EARLIER / "seen.json").read_text(encoding="utf-8"))
KEY = 57811460909138771071931939740208549692
LAMP = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def folder(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "cloud.db")) as db:
        db.executescript((EARLIER / "cloud.sql").read_text(encoding="utf-8"))
    shutil.copy(EARLIER / "store.key", tmp_path)
    return tmp_path


def test_all_that_it_showed_is_shown(folder):
    with running(folder) as cloud:
        admin = cloud.admin
        things = admin.things()
        for thing in things:
            del thing["online"], thing["state"]  # that it had not, or that is of now
            assert thing.pop("tags") == []
            for part in ("worker", "management", "pythings"):
                assert thing.pop(f"{part}_at") is None  # it kept no times
        assert things == SEEN["things"]
        apps = admin.apps()
        for app in apps:
            del app["role"], app["things"]  # that they had not
            for pool in app["pools"].values():
                assert pool.pop("keep_readings") is None
        assert apps == SEEN["apps"]
        assert admin.accounts() == SEEN["accounts"]
        assert admin.messages("plain") == SEEN["messages"]
        assert {tid: admin.readings(tid) for tid in SEEN["readings"]} == SEEN["readings"]
        assert admin.events() == SEEN["events"]
    assert (folder / "cloud.db.v3").exists()


def test_its_sessions_go_on(folder):
    with running(folder, session_s=0) as cloud:
        plain, sealed = (Thing(cloud.wire, LAMP, tid) for tid in ("plain", "sealed"))
        for thing in (plain, sealed):
            thing.token = SEEN["tokens"][thing.tid]
        sealed.cipher = SessionCipher(KEY)
        assert plain.management()["msg"] == "still queued"
        assert sealed.management()["settings"]["pool"] == "staging"
        assert plain.call("apps/worker/", msg=1, ts=1700000000).status == 500  # it is there
        assert plain.call("apps/worker/", msg=1, ts=1700000009).status == 200
        assert cloud.admin.readings("plain", 1)[0]["ts"] == 1700000009
        other = Thing(cloud.wire, LAMP, "pinned")
        other.register(identity=1)
        assert other.call("apps/management/", key="ee" * 16).status == 401


@pytest.mark.parametrize("cut", [1, 7, 9, 20, 40, 50])
def test_a_migration_that_is_cut_begins_again(folder, monkeypatch, cut):
    before = _content(folder)
    execute = op.execute
    done = []

    def failing(statement):
        done.append(statement)
        if len(done) == cut:
            raise OSError(28, "No space left on device")
        execute(statement)

    with monkeypatch.context() as patch:
        patch.setattr(op, "execute", failing)
        with pytest.raises(CloudFailure, match="No space left"):
            Store(folder / "cloud.db")
    assert len(done) == cut
    assert _content(folder) == before
    with contextlib.closing(Store(folder / "cloud.db")) as store:
        assert store.things.page("id", None, 1, 0, 0.0)[1] == len(SEEN["things"])


def test_a_database_that_refuses_it(folder, monkeypatch):
    monkeypatch.setattr(op, "execute", lambda _: op.get_bind().exec_driver_sql("no SQL"))
    with pytest.raises(CloudFailure, match="not usable.*syntax error.*Move it away"):
        Store(folder / "cloud.db")


def test_a_new_database_is_as_one_that_was_migrated(folder, tmp_path_factory):
    fresh = tmp_path_factory.mktemp("fresh")
    for where in (folder, fresh):
        Store(where / "cloud.db").close()
    assert _shape(folder) == _shape(fresh)


def test_the_cloud_of_before_leaves_it_alone(folder):
    """It refuses numbers above its own, which was 3."""
    Store(folder / "cloud.db").close()
    with contextlib.closing(sqlite3.connect(folder / "cloud.db")) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (4,)


def test_what_a_newer_cloud_has_made_is_left_alone(tmp_path):
    Store(tmp_path / "cloud.db").close()
    with contextlib.closing(sqlite3.connect(tmp_path / "cloud.db")) as db, db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(CloudFailure, match="newer version of the cloud \\(9999\\)"):
        Store(tmp_path / "cloud.db")


def test_postgresql_begins_and_goes_on(postgresql, tmp_path):
    url = postgresql.database()
    with running(tmp_path, database=url) as cloud:
        thing = Thing(cloud.wire, cloud.admin.create_app("Lamp"))
        thing.register()
        assert thing.call("apps/worker/", msg=1, ts=1).status == 200
    assert not (tmp_path / "cloud.db").exists()
    with running(tmp_path, database=url) as cloud:
        thing.wire = cloud.wire
        assert thing.call("apps/worker/", msg=2).status == 200
        assert [it["msg"] for it in cloud.admin.readings(thing.tid)] == [1, 2]
    with contextlib.closing(Database(Postgres(url))) as db:
        rows = db.text("SELECT tableoid::regclass::text AS it FROM reading ORDER BY ts").fetchall()
        assert rows[0]["it"] == "reading_others"  # 1970 has no month of its own
        assert rows[1]["it"].startswith("reading_2")
        assert upgrade.revision(db) == upgrade.HEAD
        upgrade.upgrade(db, Vault(bytes(32)))  # nothing to do


def test_readings_of_postgresql_lie_together(postgresql, tmp_path):
    """Those of an earlier cloud, too, once its database was opened by this one."""
    url = postgresql.database()
    shape = "SELECT indexdef AS it FROM pg_indexes WHERE indexname = 'reading_brief'"
    seen = []
    for _ in range(2):
        Store(tmp_path / "cloud.db", url=url).close()
        with contextlib.closing(Database(Postgres(url))) as db:
            seen.append(db.text(shape).fetchone()["it"])
            for text in (
                "DROP INDEX reading_brief, reading_long",
                "UPDATE alembic_version SET version_num = '0003'",
                "ALTER TABLE session DROP worker_at, DROP management_at, DROP pythings_at",
                "ALTER TABLE thing DROP attended, DROP tags",
                "DROP TABLE alarm_event, alarm_thing, alarm",
                "DROP TABLE rollout_thing, rollout",
                "DROP TABLE person, app_role, web_session, api_token, guess, audit",
            ):
                db.text(text)
    assert "(series_id, ts) INCLUDE (msg) WHERE" in seen[0]
    assert seen[0] == seen[1]


def test_the_key_of_another_cloud_on_postgresql(postgresql, tmp_path):
    """Two clouds on one database have the same key, or the second does not start."""
    url = postgresql.database()
    Store(tmp_path / "one.db", tmp_path / "one.key", url=url).close()
    Store(tmp_path / "two.db", tmp_path / "one.key", url=url).close()
    Store(tmp_path / "two.db", tmp_path / "two.key").close()
    with pytest.raises(CloudFailure, match="not the key of this database"):
        Store(tmp_path / "two.db", tmp_path / "two.key", url=url)


def test_a_postgresql_that_goes_away_and_comes_back(tmp_path, postgresql_of_its_own):
    server = postgresql_of_its_own
    with running(tmp_path, database=server.database()) as cloud:
        thing = Thing(cloud.wire, cloud.admin.create_app("Lamp"))
        thing.register()
        assert thing.call("apps/worker/", msg=1, ts=1).status == 200
        assert len(cloud.admin.things()) == 1  # by another connection
        server.stop("immediate")
        answer = thing.call("apps/worker/", msg=2, ts=2)
        assert (answer.status, answer.header("Retry-After")) == (503, "10")
        server.start()
        assert thing.call("apps/worker/", msg=2, ts=2).status == 200
        assert [it["msg"] for it in cloud.admin.readings(thing.tid)] == [1, 2]


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("mysql://u@h/d", "no database for a cloud"),
        ("postgresql+psycopg://u:secret@h", "no database for a cloud"),
        ("x", "cannot be read"),
        ("postgresql+psycopg://u:secret@/d?host=/nowhere", "Is --database right"),
    ],
)
def test_a_url_that_is_wrong(tmp_path, url, text):
    pytest.importorskip("psycopg", reason="there is no psycopg for this Python")
    with pytest.raises(CloudFailure, match=text) as caught:
        Store(tmp_path / "cloud.db", url=url)
    assert "secret" not in str(caught.value)


def test_hostile_texts_on_postgresql(postgresql, tmp_path):
    """NUL, which PostgreSQL cannot store, becomes the replacement character."""
    with running(tmp_path, database=postgresql.database()) as cloud:
        thing = Thing(cloud.wire, cloud.admin.create_app("Lamp"), "T\0'; DROP TABLE thing;--%s")
        assert thing.register(platform="\0").status == 200
        assert thing.report("KO", msg="a\0%(x)s").status == 200
        assert thing.call("apps/worker/", msg={"\0": "%s"}).status == 200
        (shown,) = cloud.admin.things()
        assert shown["tid"] == "T\ufffd'; DROP TABLE thing;--%s"
        assert shown["management"] == "KO: a\ufffd%(x)s"
        assert cloud.admin.readings(shown["tid"])[0]["msg"] == {"\0": "%s"}


def _content(folder):
    with contextlib.closing(sqlite3.connect(folder / "cloud.db")) as db:
        return [*db.iterdump(), db.execute("PRAGMA user_version").fetchone()]


def _shape(folder):
    with contextlib.closing(sqlite3.connect(folder / "cloud.db")) as db:
        rows = db.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
    return [(kind, name, " ".join((sql or "").split())) for kind, name, sql in rows]
