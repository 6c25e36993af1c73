"""A version is a name, at each entrance of the cloud: it stands in paths and in code."""

from __future__ import annotations

import sqlite3

import pytest

from app.cli.cloud import main
from app.cloud.client import AdminError
from tests.unit.cloud.conftest import running
from tests.unit.cloud.wire import TROUBLE, Thing

EVIL = "';open('/tmp/evil','w')#"
NONE = [EVIL, "1'", '1"', "1\\", "a b", "a/b", "..\n", "\u0663", "1\0", "x" * 37, ""]
GOOD = ["1", "1700000000", "v2.1.0-rc_1", "x" * 36]


@pytest.mark.parametrize("version", NONE)
def test_a_commit(admin, aid, version):
    with pytest.raises(AdminError, match="no name for a version"):
        admin.commit(aid, {"worker_task.py": "x"}, version)


@pytest.mark.parametrize("version", GOOD)
def test_a_commit_of_a_version_that_is_one(admin, aid, version):
    assert admin.commit(aid, {"worker_task.py": "x"}, version) == version


@pytest.mark.parametrize("name", ["app_version", "pythings_version"])
@pytest.mark.parametrize("version", [*NONE[:-1], 7, None, ["1"]])
def test_settings(admin, thing, name, version):
    for change in (
        lambda: admin.set_pool(thing.aid, "development", {name: version}),
        lambda: admin.set_thing(thing.tid, {name: version}),
    ):
        with pytest.raises(AdminError, match=name + " is no name for a version"):
            change()
    admin.set_pool(thing.aid, "development", {name: "v1"})
    assert thing.management()["settings"][name] == "v1"


@pytest.mark.parametrize("version", NONE[:-1])
def test_the_command_line(cloud, admin, aid, version, capsys):
    if "\0" in version:
        pytest.skip("no argument can have it")
    data = ["--data", str(cloud.data)]
    with pytest.raises(SystemExit):
        main(["app", "commit", aid, __file__, "--version", version, *data])
    assert "is no name for a version" in capsys.readouterr().err
    assert main(["pool", "set", aid, "development", "app_version=" + version, *data]) == 1
    command = ["pool", "set", aid, "development", "app_version=" + version, "--force", *data]
    assert main(command) == 1


@pytest.mark.parametrize("version", [text for text in NONE if len(text) < 37])
def test_what_a_thing_says_to_run(wire, admin, aid, version):
    thing = Thing(wire, aid)
    assert thing.register(app_version=version, pythings_version=version).status == 200
    found = admin.thing(thing.tid)
    assert (found["app_version"], found["pythings_version"]) == ("Unknown", "Unknown")


@pytest.mark.parametrize("version", NONE)
def test_what_a_thing_asks_for(thing, version):
    for fields in ({"list": True}, {"file_name": "worker_task.py"}, {}):
        answer = thing.call("apps/get/", version=version, **fields)
        assert (answer.status, answer.body) == (500, TROUBLE)
    for fields in ({"list": True}, {"file_name": "version.py"}):
        answer = thing.call("pythings/get/", version=version, platform="Python", **fields)
        assert answer.status in (400, 404, 500)


@pytest.mark.parametrize(("version", "status"), [(EVIL, 500), ("1'", 500), ("beta 1", 200)])
def test_a_name_of_before_names_were_looked_at(tmp_path, version, status):
    """It is served as before, unless it would end the text that contains it."""
    with running(tmp_path) as cloud:
        aid = cloud.admin.create_app("old")
        cloud.admin.commit(aid, {"worker_task.py": "x"}, "name")
    with sqlite3.connect(tmp_path / "cloud.db") as db:
        db.execute("UPDATE version SET name = ? WHERE name = 'name'", (version,))
    db.close()
    with running(tmp_path) as cloud:
        thing = Thing(cloud.wire, aid)
        thing.register()
        answer = thing.call("apps/get/", version=version, file_name="worker_task.py")
        assert answer.status == status
