"""A dump of the existing cloud is imported, once, and its Things go on."""

from __future__ import annotations

import contextlib
import io
import json
import sqlite3

import pytest

from app.cli.cloud import main
from app.cloud.api.call import Call
from app.cloud.api.management import management
from app.cloud.api.register import register
from app.cloud.dump import importer
from app.cloud.dump.records import BadDump
from app.cloud.manage.service.office import LOCAL
from tests.unit.cloud.manage.conftest import NOW, managed

AID, NONE = "af40c7b9", "00000000-0000-0000-0000-000000000000"
APPLIED = {
    "pythings_version": "factory",
    "app_version": "1001",
    "management_interval": "60",
    "worker_interval": "300",
    "battery_operated": False,
    "setup_timeout": 60,
    "ssl": True,
    "payload_encryption": False,
}


def row(model, key, /, **fields):
    return {"model": model, "pk": key, "fields": fields}


def settings(key, **more):
    extra = {"backend": None, "app_tag": None, "edited": "2020-01-01T00:00:00Z"}
    return row("pythings_app.settings", key, **APPLIED, **extra, **more)


def pool(key, name, app=1, of=1, **more):
    kinds = {kind: kind == name for kind in ("development", "staging", "production")}
    latest = {"use_latest_pythings_version": False, "use_latest_app_version": True}
    return row("pythings_app.pool", key, app=app, name=name, settings=of, **latest, **kinds, **more)


def thing(key, tid, **more):
    fields = {"name": None, "app": 1, "pool": 2, "settings": None, "use_custom_settings": False}
    said = {"frozen_os": False, "platform": "esp8266", "capabilities": None, "app_set_via": "x"}
    return row("pythings_app.thing", key, tid=tid, **{**fields, **said, **more})


def reading(key, ts, data, tid="T1", aid=AID):
    return row("pythings_app.workermessage", key, aid=aid, tid=tid, ts=ts, data=data)


def dump():
    """Return the rows of a dump with all models, in the order that `dumpdata` may have."""
    file = {"path": "/", "ts": "2020-01-01T00:00:00Z", "committed": True, "app": 1}
    commit = {"tag": None, "valid": True, "app": 1}
    return [
        row("contenttypes.contenttype", 1, app_label="x", model="y"),
        reading(1, "2020-01-01T10:00:00Z", {"t": 1.5}),
        reading(2, "2020-01-01T10:00:00.250Z", "é"),
        row("auth.user", 3, username="eve", password="secret hash"),
        row("pythings_app.app", 1, aid=AID, name="Lamp", user=3, default_pool=1, hidden=False),
        row("pythings_app.app", 2, aid=NONE, name="NoneApp", user=3, default_pool=4, hidden=True),
        row("pythings_app.file", 1, name="worker_task.py", content="a = 1\n", **file),
        row("pythings_app.file", 2, name="worker_task.py", content="a = 2\n", **file),
        row("pythings_app.commit", 1, cid="1001", ts="2020-01-02T00:00:00Z", files=[2], **commit),
        row("pythings_app.commit", 2, cid="1000", ts="2020-01-01T00:00:00Z", files=[1], **commit),
        settings(1),
        settings(2, extra_field=1),
        pool(1, "development"),
        pool(2, "staging", of=2),
        pool(4, "unbound", app=2),
        thing(1, "T1"),
        thing(2, "T2", settings=2, use_custom_settings=True, frozen_os=True),
        thing(3, "T3", app=2, pool=4),
        row("pythings_app.session", "tok", thing=1, started="2020-01-01T00:00:00Z", key="1"),
        row("pythings_app.profile", 1, user=3, timezone="UTC", apikey="secret key"),
    ]


@pytest.fixture
def desk(tmp_path):
    with managed(tmp_path) as it:
        it.path = tmp_path / "cloud.db"
        yield it


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """Yield a cloud for dry runs alone."""
    with managed(tmp_path_factory.mktemp("dry")) as it:
        yield it


def take(desk, rows, **options):
    data = rows if isinstance(rows, bytes) else json.dumps(rows).encode()
    options = {"progress": lambda done: None, **options}
    return importer.run(desk.cloud.store, io.BytesIO(data), NOW, **options)


def state(path):
    """Return the whole database as text."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        return list(db.iterdump())


def test_all_that_has_a_place_here(desk):
    told = take(desk, dump())
    counts = {"app": 2, "pool": 3, "commit": 2, "file": 2, "thing": 3, "workermessage": 2}
    assert (told.new, told.there, told.skipped) == (counts, {}, {})
    assert told.models == {
        "contenttypes.contenttype": 1,
        "pythings_app.session": 1,
        "pythings_app.profile": 1,
    }
    assert told.fields["settings.extra_field"] == 1
    assert told.fields["user.password"] == 1

    run, manage = desk.run, desk.manage
    app = run(manage.apps.get(LOCAL, AID))
    assert (app.name, app.account, app.versions) == ("Lamp", "eve", ["1000", "1001"])
    assert list(app.pools) == ["development", "staging"]
    assert list(app.pools["staging"].settings.items()) == list(APPLIED.items())
    follows = {name: it.use_latest_app_version for name, it in app.pools.items()}
    assert follows == {"development": True, "staging": False}
    files = run(manage.versions.files(LOCAL, AID, "1001"))
    assert files == {"worker_task.py": "a = 2\n"}
    t1, t2, t3 = (run(manage.things.get(LOCAL, tid)) for tid in ("T1", "T2", "T3"))
    assert (t1.aid, t1.pool, t1.platform, t1.custom, t1.frozen) == (
        AID,
        "staging",
        "esp8266",
        False,
        False,
    )
    assert (t2.custom, t2.frozen, t3.aid) == (True, True, NONE)
    rows = run(manage.readings.find(LOCAL, "T1"))
    assert [(it.ts, it.msg) for it in rows] == [(1577872800, {"t": 1.5}), (1577872800.25, "é")]
    noted = run(manage.accounts.audit(LOCAL))[0]
    assert (noted.action, noted.target) == ("import", "dump")
    assert "secret" not in "\n".join(state(desk.path))


@pytest.mark.parametrize(
    ("tid", "register_as", "pool"), [("T1", AID, "staging"), ("T3", "eve", "unbound")]
)
def test_a_thing_whose_backend_is_moved_goes_on(desk, tid, register_as, pool):
    """It registers as ever, with its app's id or its account's name, and is the same Thing."""
    take(desk, dump())
    cloud = desk.cloud
    before = desk.run(desk.manage.things.get(LOCAL, tid))
    with cloud.store.transaction():
        said = {"tid": tid, "aid": register_as, "app_version": "1001", "pool": "development"}
        token = register(cloud, Call(said))["token"]
        sent = management(cloud, Call({"token": token}))["settings"]
    assert sent == {**APPLIED, "pool": pool}
    after = desk.run(desk.manage.things.get(LOCAL, tid))
    assert (after.tid, after.aid, after.pool) == (before.tid, before.aid, before.pool)
    assert len(cloud.store.things.of_tid(tid)) == 1


def test_a_second_import_changes_nothing(desk):
    first = take(desk, dump())
    before = state(desk.path)
    again = take(desk, dump())
    assert state(desk.path) == before
    assert not again.new
    assert again.there == {name: n for name, n in first.new.items() if name != "file"}


def test_a_dry_run_tells_the_same_and_changes_nothing(desk):
    before = state(desk.path)
    assert take(desk, dump(), dry_run=True) == take(desk, dump(), dry_run=True)
    assert state(desk.path) == before
    assert take(desk, dump()).new["thing"] == 3


@pytest.mark.parametrize("length", [5, 300, -1])
def test_a_dump_that_is_cut_off_changes_nothing(desk, length):
    before = state(desk.path)
    with pytest.raises(BadDump):
        take(desk, json.dumps(dump()).encode()[:length])
    assert state(desk.path) == before


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"model": 5}, "record: it has no model, or no fields"),
        (thing(9, "T1"), "thing: its id or name is twice in the dump"),
        (thing(1, "T9"), "thing: its key is missing, or twice in the dump"),
        (thing(None, "T9"), "thing: its key is missing, or twice in the dump"),
        (thing(9, ""), "thing: tid is empty"),
        (thing(9, "T" * 37), "thing: tid is no text of at most 36 characters"),
        (thing(9, "T9", app=77), "thing: its app is not in the dump"),
        (thing(9, "T9", pool=77), "thing: its pool is not in the dump"),
        (thing(9, "T9", pool=4), "thing: its pool is another app's"),
        (thing(9, "T9", frozen_os=1), "thing: frozen_os is neither true nor false"),
        (thing(9, "T9", use_custom_settings=True), "thing: its settings is not in the dump"),
        (thing(9, "T9", platform="\ud800"), "thing: it holds text that is not Unicode"),
        (pool(9, "x", of=77), "pool: its settings is not in the dump"),
        (pool(9, "staging"), "pool: its id or name is twice in the dump"),
        (
            row("pythings_app.app", 9, aid=AID, name="x", user=3),
            "app: it has no pool",
        ),
        (
            row("pythings_app.commit", 9, app=1, cid="a b", ts="2020-01-01", files=[1]),
            "commit: version is no name for a version: it has 1 to 36 letters, digits, dots,"
            " underscores and hyphens",
        ),
        (
            row("pythings_app.commit", 9, app=1, cid="9", ts="2020-01-01", files=[77]),
            "commit: its file is not in the dump",
        ),
        (
            row("pythings_app.commit", 9, app=1, cid="9", ts="2020-01-01", files=[]),
            "commit: files must give the text of one file at least",
        ),
        (reading(9, "soon", 1), "workermessage: ts is no time"),
        (reading(9, "2020-01-01", None), "workermessage: it has no data"),
        (reading(9, "2020-01-01", 1, tid="T9"), "workermessage: its Thing is not here"),
        (reading(9, "2020-01-01", 1, aid="none"), "workermessage: its app is not here"),
    ],
)
def test_what_is_left_out_is_told(empty, more, reason):
    told = take(empty, [*dump(), more], dry_run=True)
    assert told.skipped == {reason: 1}
    assert told.new == {"app": 2, "pool": 3, "commit": 2, "file": 2, "thing": 3, "workermessage": 2}


def test_what_is_in_memory_has_a_limit(empty, monkeypatch):
    monkeypatch.setattr("app.cloud.dump.models._MOST_KEPT", 2000)
    with pytest.raises(BadDump, match="more apps, files and Things than fit"):
        take(empty, dump())


def test_the_names_that_are_told_have_a_limit(empty):
    fields = {f"name{n}": 1 for n in range(300)}
    told = take(empty, [row("auth.user", 1, username="eve", **fields), row("x" * 500, 1)])
    assert len(told.fields) == 201
    assert told.fields["others"] == 100
    assert list(told.models) == ["x" * 100]


def test_what_is_here_already_stays(desk):
    """An app of another account, a Thing of another app, a reading of that time."""
    apps = desk.manage.apps
    desk.run(apps.create(LOCAL, "Mine", "bob", AID))
    told = take(desk, dump())
    assert told.skipped["app: there is an app of that id here, of another account"] == 1
    assert told.skipped["thing: its app was left out"] == 2
    assert desk.run(apps.get(LOCAL, AID)).name == "Mine"


def test_a_backend_is_taken_on_demand_alone(desk):
    rows = dump()
    rows[10]["fields"]["backend"] = "elsewhere:8000"
    told = take(desk, rows, dry_run=True)
    assert told.fields["settings.backend"] == 2  # of two pools
    take(desk, rows, backends=True)
    assert desk.run(desk.manage.pools.find(LOCAL, AID))["development"].settings["backend"] == (
        "elsewhere:8000"
    )


def test_the_command(tmp_path, capsys):
    file, data = tmp_path / "dump.json", tmp_path / "data"
    file.write_text(json.dumps([*dump(), thing(9, "T9", app=77)]))

    def call(*more):
        status = main(["import", str(file), "--data", str(data), *more])
        told = capsys.readouterr()
        return status, told.out, told.err

    status, out, err = call("--dry-run")
    assert (status, out.splitlines()[0][:20]) == (0, "Nothing was changed;")
    assert "100 % of the dump is read" in err
    status, out, _ = call("--json")
    told = json.loads(out)
    assert (status, told["dry_run"], told["new"]["thing"]) == (0, False, 3)
    assert told["skipped"] == {"thing: its app is not in the dump": 1}
    status, out, _ = call()
    assert "readings: 0 new, 2 there already" in out
    assert "There is nothing new in the dump." in out
    file.write_text("[")
    status, _, err = call()
    assert (status, "The dump is cut off after 0 records" in err) == (1, True)
    file.unlink()
    status, _, err = call()
    assert (status, f"Cannot read {file}" in err) == (1, True)
