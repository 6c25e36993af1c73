"""The database of the local cloud alone reveals no secret: tokens are hashed, keys are wrapped by a
key stored outside of it. An older database is migrated to this form without loss."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import stat

import pytest

from app.cloud.cipher import SessionCipher
from app.cloud.errors import CloudFailure
from app.cloud.store import Store
from app.cloud.vault import VaultError
from tests.security.earlier import AID, KEY, TOKEN, make_database
from tests.unit.cloud.conftest import running
from tests.unit.cloud.wire import Thing


def key_of(store, token):
    session = store.sessions.get(token)
    assert session is not None
    return session.key


def test_tokens_and_keys_are_not_in_the_database(tmp_path):
    with running(tmp_path) as cloud:
        thing = Thing(cloud.wire, cloud.admin.create_app("Lamp"))
        thing.preregister(cloud.ready.modulus, KEY)
        thing.register()
        assert "settings" in thing.management()
        assert stat.S_IMODE((tmp_path / "store.key").stat().st_mode) == 0o600
        token = thing.token.encode()
        _must_not_hold(tmp_path, token, str(KEY).encode(), KEY.to_bytes(16, "big"))
    _must_not_hold(tmp_path, token, str(KEY).encode(), KEY.to_bytes(16, "big"))


def _must_not_hold(folder, *secrets):
    files = list(folder.glob("cloud.db*"))
    assert files
    for file in files:
        data = file.read_bytes()
        for secret in secrets:
            assert secret not in data, file


def test_a_wrapped_key_is_of_its_session(tmp_path):
    """A copied key does not open another session: an attacker with write access gains nothing."""
    with contextlib.closing(Store(tmp_path / "cloud.db")) as store:
        with store.transaction():
            one, two = (store.sessions.start(0, str(KEY)) for _ in range(2))
            store._db.text("UPDATE session SET key = (SELECT key FROM session WHERE id = 1)")
        assert key_of(store, one) == str(KEY)
        with pytest.raises(VaultError):
            store.sessions.get(two)


def test_the_key_of_another_database(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        Store(tmp_path / name / "cloud.db").close()
    shutil.copy(tmp_path / "a" / "store.key", tmp_path / "b" / "store.key")
    with pytest.raises(CloudFailure, match="not the key of this database.*--forget-keys"):
        Store(tmp_path / "b" / "cloud.db")


@pytest.mark.parametrize("content", [None, b"", b"00ff\n", b"\xff\xfe", b"x" * 64])
def test_a_key_that_is_lost_is_not_made_anew(tmp_path, content):
    Store(tmp_path / "cloud.db").close()
    key = tmp_path / "store.key"
    key.unlink()
    if content is not None:
        key.write_bytes(content)
    remedy = "Put it back from the backup" if content is None else "Name the file that belongs to"
    with pytest.raises(CloudFailure, match=f"{remedy}.*--store-key"):
        Store(tmp_path / "cloud.db")
    assert content is not None or not key.exists()


def test_going_on_without_a_lost_key(tmp_path):
    with contextlib.closing(Store(tmp_path / "cloud.db")) as store, store.transaction():
        store.accounts.add("owner")
        plain, sealed = store.sessions.start(0), store.sessions.start(0, "1")
    (tmp_path / "store.key").unlink()
    with contextlib.closing(Store(tmp_path / "cloud.db", forget=True)) as store:
        assert store.sessions.get(plain) is not None
        assert store.sessions.get(sealed) is None
    with contextlib.closing(Store(tmp_path / "cloud.db")) as store:
        assert store.accounts.exists("owner")


def test_the_key_may_lie_elsewhere(tmp_path):
    key = tmp_path / "usb" / "key"
    with running(tmp_path / "data", store_key=key) as cloud:
        cloud.admin.create_app("Lamp")
    assert key.exists()
    assert not (tmp_path / "data" / "store.key").exists()
    with pytest.raises(CloudFailure, match="--store-key"):
        Store(tmp_path / "data" / "cloud.db")
    with running(tmp_path / "data", store_key=key) as cloud:
        assert [app["name"] for app in cloud.admin.apps()] == ["Lamp"]


# An older database is migrated without loss.


@pytest.fixture
def earlier(tmp_path):
    make_database(tmp_path / "cloud.db")
    return tmp_path


def test_a_session_goes_on_over_the_migration(earlier):
    with running(earlier) as cloud:
        thing = Thing(cloud.wire, AID, "by-app")
        thing.token, thing.cipher = TOKEN, SessionCipher(KEY)
        assert thing.management()["msg"] == "kept"
        assert [row["msg"] for row in cloud.admin.readings("by-app")] == [7]
        assert cloud.admin.thing("by-app")["management"] == "OK"


def test_the_copy_is_the_database_of_before(earlier):
    before = _content(earlier / "cloud.db")
    Store(earlier / "cloud.db").close()
    copy = earlier / "cloud.db.v1"
    assert _content(copy) == before
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    Store(earlier / "cloud.db").close()  # not again
    assert _content(copy) == before


def test_nothing_in_the_clear_stays_behind(earlier):
    store = Store(earlier / "cloud.db")
    copy = store.copied
    assert copy is not None
    copy.unlink()
    for _ in range(2):
        _must_not_hold(earlier, TOKEN.encode(), str(KEY).encode())
        store.close()


def test_a_migration_that_is_cut_begins_again(earlier, monkeypatch):
    before = _content(earlier / "cloud.db")

    def cut(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("app.cloud.database.legacy._give_ids", cut)
        with pytest.raises(CloudFailure, match="No space left"):
            Store(earlier / "cloud.db")
    assert _content(earlier / "cloud.db") == before
    with contextlib.closing(Store(earlier / "cloud.db")) as store:
        assert key_of(store, TOKEN) == str(KEY)


def test_a_copy_that_cannot_be_made_stops_the_migration(earlier):
    before = _content(earlier / "cloud.db")
    (earlier / "cloud.db.v1").mkdir()
    with pytest.raises(CloudFailure, match="not usable"):
        Store(earlier / "cloud.db")
    assert _content(earlier / "cloud.db") == before


def test_a_new_database_is_as_one_that_was_migrated(earlier, tmp_path_factory):
    fresh = tmp_path_factory.mktemp("fresh")
    for folder in (earlier, fresh):
        Store(folder / "cloud.db").close()
    assert _shape(earlier / "cloud.db") == _shape(fresh / "cloud.db")


def _content(path):
    with contextlib.closing(sqlite3.connect(path)) as db:
        return list(db.iterdump())


def _shape(path):
    with contextlib.closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
    return [(kind, name, " ".join((sql or "").split())) for kind, name, sql in rows]
