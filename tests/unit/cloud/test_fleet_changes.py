"""Subcommands `thing set`, `thing remove`, `app promote`: many Things, and none by mistake."""

from __future__ import annotations

import io
import sys

import pytest

from tests.unit.cloud.wire import Thing

CODE = "class %sTask:\n    def call(self%s):\n        return None\n"


@pytest.fixture
def folder(tmp_path):
    """Return a folder with an app that can run."""
    (tmp_path / "worker_task.py").write_text(CODE % ("Worker", ""))
    (tmp_path / "management_task.py").write_text(CODE % ("Management", ", data"))
    return str(tmp_path)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_settings_of_many(run, result, things, aid, admin):
    tids = [it.tid for it in things]
    text = run("thing", "set", f"*-{aid[:8]}", aid, "worker_interval=77")[1]
    assert text == f"4 Things changed: {', '.join(tids)}"
    assert {admin.thing(tid)["settings"]["worker_interval"] for tid in tids} == {"77"}
    rows = result("thing", "set", f"F?NE-{aid[:8]}", "--pool-settings")
    assert [(row["tid"], row["custom"]) for row in rows] == [(tids[0], False)]
    assert result("thing", "set", tids[1], "--pool-settings")["custom"] is False


def test_settings_of_none(run, things, aid, admin):
    tid = things[0].tid
    for words, told in (
        (["none*", "ssl=true"], "No Thing's id is like none*"),
        ([tid, "none", "ssl=true"], "no Thing none"),
        ([tid, "ssl=true", "word"], "'word' is not KEY=VALUE"),
        ([tid, f"*-{aid[:8]}", "worker_interval=0"], "worker_interval is not between 1"),
    ):
        status, out, error = run("thing", "set", *words)
        assert (status, out) == (1, "")
        assert told in error
    assert not admin.thing(tid)["custom"]


def test_all_or_none(cloud, wire, aid, admin, things):
    """Of one call: the second one cannot move to where its twin is."""
    other = admin.create_app("Elsewhere", account="elsewhere")
    twin = Thing(wire, other, things[1].tid)
    twin.register()
    with pytest.raises(Exception, match="already"):
        admin.set_things([things[0].tid, twin.tid], aid=aid, pool="staging")
    assert admin.thing(things[0].tid)["pool"] == "development"


def test_more_than_one_call(monkeypatch, admin, things):
    monkeypatch.setattr("app.cloud.client._MANY", 3)
    tids = [it.tid for it in things]
    assert [row["tid"] for row in admin.set_things(tids, {"ssl": True})] == tids


def test_a_move_to_an_older_version_is_told(run, result, things, aid, folder):
    version = result("app", "commit", aid, folder)["version"]
    (app,) = (app for app in result("app", "list") if app["aid"] == aid)
    status, _, error = run("thing", "set", things[0].tid, things[1].tid, "--pool", "staging")
    assert status == 0
    assert error.splitlines() == [
        f"pythings cloud: {things[0].tid} goes from version {version} to {app['versions'][0]}, as"
        " staging has it. That is an older one; the other is brought there by:"
        f" pythings cloud app promote {aid} development staging"
    ]
    assert run("thing", "set", things[0].tid, "--pool", "staging")[2] == ""
    assert (
        run("thing", "set", things[2].tid, f"app_version={version}", "--pool", "staging")[2] == ""
    )


def test_a_commit_says_which_pools_it_reaches(run, result, aid, folder):
    text = run("app", "commit", aid, folder)[1]
    assert "It goes to the pool development." in text
    assert "Others stay: production at " in text
    assert f"pythings cloud app promote {aid} development POOL" in text
    pools = result("app", "commit", aid, folder)["pools"]
    assert pools["staging"] == pools["production"] != pools["development"]


def test_a_version_is_promoted(run, result, things, aid, folder, admin):
    version = result("app", "commit", aid, folder)["version"]
    first = admin.pools(aid)["staging"]["settings"]["app_version"]
    result("thing", "set", things[0].tid, things[1].tid, things[2].tid)
    for it in things[:3]:
        admin.set_thing(it.tid, pool="staging")
    admin.set_thing(things[2].tid, {"ssl": True})
    lines = run("app", "promote", aid, "development", "staging")[1].splitlines()
    assert lines[0] == f"staging: {first} -> {version}, for 2 Things"
    assert lines[1].startswith("1 Things there have settings of their own")
    assert things[0].management()["settings"]["app_version"] == version
    it = result("app", "promote", aid, "staging", "development")
    assert (it["version"], it["before"], it["use_latest_app_version"]) == (version, version, True)
    for source, target, told in (
        ("nope", "staging", "has no pool nope"),
        ("staging", "nope", "has no pool nope"),
    ):
        status, _, error = run("app", "promote", aid, source, target)
        assert (status, told in error) == (1, True)
    run("pool", "set", aid, "staging", "app_version=gone", "--force")
    assert "is gone" in run("app", "promote", aid, "staging", "production")[2]


def test_a_release_that_is_not_served_is_refused(run, result, things, aid):
    for start in (("pool", "set", aid, "staging"), ("thing", "set", things[0].tid)):
        status, _, error = run(*start, "pythings_version=v10")
        assert status == 1
        assert "serves no OS release v10. It serves v8, v9; factory is" in error
        for word in ("pythings_version=v9", "pythings_version=factory"):
            assert run(*start, word)[0] == 0
        assert run(*start, "pythings_version=v10", "--force")[0] == 0


def test_a_thing_is_removed_with_all_it_left(run, result, things, aid, admin, wire):
    it, other = things[0], things[3]
    for thing in (it, other):
        thing.call("apps/worker/", msg={"n": 1}, ts=1)
        admin.send_message(thing.tid, "hello")
    assert result("thing", "remove", it.tid, "--yes") == {"removed": [it.tid], "readings": 1}
    assert "no Thing" in run("thing", "show", it.tid)[2]
    assert it.call("apps/management/").status == 401
    again = Thing(wire, aid, it.tid)
    assert again.register().status == 200
    assert (admin.readings(it.tid), admin.messages(it.tid)) == ([], [])
    assert len(admin.readings(other.tid)) == len(admin.messages(other.tid)) == 1
    again.call("apps/worker/", msg={"n": 2}, ts=2)
    assert [row["msg"] for row in admin.readings(it.tid)] == [{"n": 2}]


def test_things_are_removed_once_it_is_confirmed(run, things, aid, admin, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert "give --yes" in run("thing", "remove", "*")[2]
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    status, out, error = run("thing", "remove", f"*-{aid[:8]}")
    assert (status, "Nothing was removed" in error) == (1, True)
    assert out.startswith("Remove 3 Things (3 of them on line): fine-")
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    out = run("thing", "remove", f"*-{aid[:8]}")[1]
    assert "3 Things removed, with 0 readings: fine-" in out
    assert [row["tid"] for row in admin.things(aid=aid)] == [things[3].tid]


def test_readings_of_all_its_apps_go_and_of_others_stay(admin, things, wire, monkeypatch):
    monkeypatch.setattr("app.cloud.tables.readings._STEP", 500)
    it = things[0]
    for n in range(3):
        it.call("apps/worker/", msg={"n": n}, ts=n)
    admin.set_thing(it.tid, aid=admin.create_app("Next"))
    it.call("apps/worker/", msg={"n": 9}, ts=9)
    elsewhere = admin.create_app("Theirs", account="elsewhere")
    twin = Thing(wire, elsewhere, it.tid)
    twin.register()
    twin.call("apps/worker/", msg={"n": 5}, ts=5)
    assert admin.remove_thing(it.tid) == 1  # the newest of that id
    assert admin.thing(it.tid)["aid"] != elsewhere
    assert admin.remove_thing(it.tid) == 4


def test_tags_and_new_hardware(run, result, things, aid):
    old, new = things[0].tid, things[1].tid
    rows = result("thing", "set", old, new, "--tag", f"Roof-{aid[:8]}", "--tag", "south")
    word = f"roof-{aid[:8]}"
    assert [row["tags"] for row in rows] == [[word, "south"]] * 2
    assert result("thing", "set", new, "--untag", "south", "--untag", word)["tags"] == []
    assert [row["tid"] for row in result("thing", "list", "--tag", word)] == [old]
    assert run("fleet", "--tag", word)[1].startswith("1 Things: ")
    status, _, error = run("thing", "replace", old, new)
    assert (status, f"{old} is on line: turn it off" in error) == (1, True)
    lines = run("thing", "replace", old, new, "--force")[1].splitlines()
    assert lines[0].startswith(f"{new}  ")
    assert f"  tags      {word}, south" in lines
    assert old not in [row["tid"] for row in result("thing", "list", "--app", aid)]
