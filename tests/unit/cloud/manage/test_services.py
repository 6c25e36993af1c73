"""The management services and the accounts that they refuse, on each database."""

import secrets

import pytest
from sqlalchemy.dialects.postgresql import psycopg

from app.cloud.manage.service.fleet import ThingFilter
from app.cloud.manage.service.office import LOCAL, Page, Refused
from app.cloud.tables.things import FILTERS
from tests.unit.cloud.manage.conftest import NOW, add_readings, add_thing, person


def refusal(desk, call, text=None):
    """Return the status that a call is refused with."""
    with pytest.raises(Refused, match=text) as caught:
        desk.run(call)
    return caught.value.status


@pytest.fixture
def app(desk):
    return desk.run(desk.manage.apps.create(LOCAL, "Lamp"))


def test_apps_are_those_of_the_actor(desk, app):
    other = desk.run(desk.manage.apps.create(LOCAL, "Other"))
    viewer = person(desk, "eve", {app.aid: "viewer"})
    assert [one.name for one in desk.run(desk.manage.apps.find(LOCAL)).items] == ["Lamp", "Other"]
    assert [one.role for one in desk.run(desk.manage.apps.find(viewer)).items] == ["viewer"]
    assert desk.run(desk.manage.apps.get(viewer, app.aid)).name == "Lamp"
    assert refusal(desk, desk.manage.apps.get(viewer, other.aid)) == 404
    assert refusal(desk, desk.manage.apps.create(viewer, "Mine")) == 403
    assert refusal(desk, desk.manage.versions.commit(viewer, app.aid, {"a.py": ""})) == 403
    assert refusal(desk, desk.manage.apps.roles(viewer, app.aid)) == 403


def test_some_things_in_one_read_are_those_of_the_actor(desk, app):
    other = desk.run(desk.manage.apps.create(LOCAL, "Other"))
    viewer = person(desk, "eve", {app.aid: "viewer"})
    for aid, tid in ((app.aid, "a"), (app.aid, "b"), (other.aid, "c")):
        add_thing(desk, aid, tid)
    some = desk.manage.things.some
    for actor, seen in ((LOCAL, ["b", "c"]), (viewer, ["b"])):
        assert [one.tid for one in desk.run(some(actor, ["b", "gone", "c"]))] == seen


def test_apps_are_sorted_found_and_cut(desk):
    for name in ("b", "a", "c"):
        desk.run(desk.manage.apps.create(LOCAL, name))
    page = desk.run(desk.manage.apps.find(LOCAL, Page(offset=1, limit=1, sort="-name")))
    assert ([one.name for one in page.items], page.total) == (["b"], 3)
    assert [one.name for one in desk.run(desk.manage.apps.find(LOCAL, text="C")).items][-1] == "c"


def test_a_role_is_given_and_taken(desk, app):
    eve = person(desk, "eve", {app.aid: "owner"})
    assert desk.run(desk.manage.apps.roles(eve, app.aid)) == {"eve": "owner"}
    desk.run(desk.manage.apps.set_role(LOCAL, app.aid, "eve", "developer"))
    desk.run(desk.manage.apps.set_role(LOCAL, app.aid, "eve", None))
    assert desk.run(desk.manage.apps.roles(LOCAL, app.aid)) == {}
    set_role = desk.manage.apps.set_role
    assert refusal(desk, set_role(LOCAL, app.aid, "nobody", "viewer")) == 404
    assert refusal(desk, set_role(LOCAL, app.aid, "eve", "king"), "no role king") == 422


def test_versions_and_what_differs(desk, app):
    versions = desk.manage.versions
    desk.run(versions.commit(LOCAL, app.aid, {"a.py": "1\n2\n", "gone.py": "x"}, "one"))
    desk.run(versions.commit(LOCAL, app.aid, {"a.py": "1\n3", "new.py": "y\n"}, "two"))
    assert [v.name for v in desk.run(versions.find(LOCAL, app.aid)).items][1:] == ["one", "two"]
    assert desk.run(versions.find(LOCAL, app.aid, Page(sort="-time"))).items[0].name == "two"
    assert desk.run(versions.file(LOCAL, app.aid, "two", "a.py")) == "1\n3"
    text = desk.run(versions.diff(LOCAL, app.aid, "one", "two"))
    assert text.splitlines() == [
        "--- one/a.py", "+++ two/a.py", "@@ -1,2 +1,2 @@", " 1", "-2", "+3",
        "\\ No newline at end of file",
        "--- one/gone.py", "+++ /dev/null", "@@ -1 +0,0 @@", "-x", "\\ No newline at end of file",
        "--- /dev/null", "+++ two/new.py", "@@ -0,0 +1 @@", "+y",
    ]  # fmt: skip
    assert desk.run(versions.diff(LOCAL, app.aid, "two", "two")) == ""
    assert refusal(desk, versions.diff(LOCAL, app.aid, "one", "none")) == 404
    assert refusal(desk, versions.file(LOCAL, app.aid, "two", "none")) == 404
    assert refusal(desk, versions.commit(LOCAL, app.aid, {"a.py": ""}, "two"), "already") == 409


def test_versions_name_their_authors(desk, app):
    bob = person(desk, "bob", {app.aid: "developer"})
    eve = person(desk, "eve", {app.aid: "viewer"})
    desk.run(desk.manage.versions.commit(bob, app.aid, {"a.py": "1"}, "one"))
    found = desk.run(desk.manage.versions.find(eve, app.aid)).items
    assert [(one.name, one.who) for one in found][1:] == [("one", "bob")]
    assert found[0].who == LOCAL.name  # of the app, which comes with a version


def test_a_commit_over_a_newer_version_is_refused(desk, app):
    commit = desk.manage.versions.commit
    desk.run(commit(LOCAL, app.aid, {"a.py": "1"}, "one"))
    desk.run(commit(LOCAL, app.aid, {"a.py": "2"}, "two", newest="one"))
    over = commit(LOCAL, app.aid, {"a.py": "3"}, "three", newest="one")
    assert refusal(desk, over, "one is no longer the newest: that is version two") == 409
    unknown = commit(LOCAL, app.aid, {"a.py": "3"}, newest="none")
    assert refusal(desk, unknown, "no version none to begin with; its newest is version two") == 409
    assert desk.run(desk.manage.apps.get(LOCAL, app.aid)).versions[1:] == ["one", "two"]


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../a.py", "/etc/passwd", "a\\b.py", "a\0.py", "n" * 37, "\ud800.py"]
)
def test_names_of_files_lead_nowhere(lite, name):
    app = lite.run(lite.manage.apps.create(LOCAL, "Lamp"))
    assert refusal(lite, lite.manage.versions.commit(LOCAL, app.aid, {name: ""})) == 422


def test_pools(desk, app):
    pools = desk.manage.pools
    pool = desk.run(pools.set(LOCAL, app.aid, "staging", {"ssl": True}, keep_readings=7))
    assert (pool.settings["ssl"], pool.keep_readings) == (True, 7)
    pool = desk.run(pools.set(LOCAL, app.aid, "staging", remove=["ssl"], keep_readings=0))
    assert ("ssl" in pool.settings, pool.keep_readings) == (False, None)
    assert list(desk.run(pools.find(LOCAL, app.aid))) == ["production", "staging", "development"]
    bad = {"app_version": "../1"}
    assert refusal(desk, pools.set(LOCAL, app.aid, "staging", bad), "no name for a") == 422
    many = {str(number): 1 for number in range(101)}
    assert refusal(desk, pools.set(LOCAL, app.aid, "staging", many)) == 422
    assert refusal(desk, pools.set(LOCAL, app.aid, "other"), "it has production") == 404


def test_things_are_filtered_sorted_and_cut(desk, app):
    other = desk.run(desk.manage.apps.create(LOCAL, "Other"))
    add_thing(desk, app.aid, "b_1", NOW - 10, platform="esp32", app_version="two")
    add_thing(desk, app.aid, "a%1", NOW - 5000, platform="esp8266", app_version="one")
    add_thing(desk, app.aid, "silent")
    add_thing(desk, other.aid, "hidden", NOW)
    eve = person(desk, "eve", {app.aid: "viewer"})

    def tids(actor=LOCAL, sort="", **narrowed):
        page = desk.manage.things.find(actor, Page(sort=sort), ThingFilter(**narrowed))
        return [thing.tid for thing in desk.run(page).items]

    assert tids() == ["b_1", "a%1", "silent", "hidden"]
    assert tids(eve, "tid") == ["a%1", "b_1", "silent"]
    assert tids(eve, "-last_contact") == ["b_1", "a%1", "silent"]
    assert tids(eve, aid=other.aid) == []
    assert tids(eve, heard_after=NOW - 100) == ["b_1"]
    assert tids(eve, heard_before=NOW - 100) == ["a%1", "silent"]
    assert tids(eve, text="%") == ["a%1"]
    assert tids(eve, text="B_") == ["b_1"]
    assert tids(eve, text="!") == tids(eve, text="\\") == []
    assert tids(eve, platform="esp32", pool="development") == ["b_1"]
    part = desk.run(desk.manage.things.find(eve, Page(1, 1, "tid")))
    assert ([thing.tid for thing in part.items], part.total) == (["b_1"], 3)
    assert part.items[0].online
    assert refusal(desk, desk.manage.things.find(LOCAL, Page(sort="pool;")), "sort must") == 422


def test_a_filter_compiled_before_the_first_connection_is_the_same():
    """Until then the dialect doubles backslashes, which PostgreSQL refuses as an escape."""
    text = FILTERS["text"].compile(dialect=psycopg.dialect())
    assert str(text).endswith(" ESCAPE '!'")


def test_a_thing_of_others_is_not_there(desk, app):
    add_thing(desk, app.aid, "mine", NOW)
    eve = person(desk, "eve")
    things, messages = desk.manage.things, desk.manage.messages
    for call in (
        things.get(eve, "mine"),
        things.history(eve, "mine"),
        things.set(eve, "mine", {"a": 1}),
        things.expire(eve, "mine"),
        things.admit(eve, "mine", "none"),
        messages.find(eve, "mine"),
        messages.queue(eve, "mine", "APP", 1),
        messages.cancel(eve, "mine"),
        desk.manage.readings.find(eve, "mine"),
        desk.manage.readings.buckets(eve, "mine", "x", 0, 10),
        desk.manage.readings.export(eve, "mine", "csv"),
    ):
        assert refusal(desk, call, "no Thing mine") == 404
    assert desk.run(desk.manage.events.after(eve)) == []


def test_events_are_those_of_ones_things(desk, app):
    other = desk.run(desk.manage.apps.create(LOCAL, "Other"))
    for aid, tid in ((app.aid, "mine"), (other.aid, "theirs"), (app.aid, "both")):
        add_thing(desk, aid, tid, NOW)
    add_thing(desk, other.aid, "both", NOW)
    eve = person(desk, "eve", {app.aid: "viewer"})
    with desk.cloud.store.transaction():
        for tid in ("mine", "theirs", "both", ""):
            desk.cloud.store.events.add(NOW, "management", tid, 200, "settings")
    assert [event.tid for event in desk.run(desk.manage.events.after(eve))] == ["mine"]
    assert len(desk.run(desk.manage.events.after(LOCAL))) == 4
    assert [event.what for event in desk.run(desk.manage.things.history(eve, "mine"))] == [
        "management"
    ]


def test_a_thing_is_changed_and_moved(desk, app):
    other = desk.run(desk.manage.apps.create(LOCAL, "Other"))
    add_thing(desk, app.aid, "t", NOW)
    things = desk.manage.things
    eve = person(desk, "eve", {app.aid: "developer", other.aid: "viewer"})
    assert desk.run(things.set(eve, "t", {"ssl": True})).custom
    assert not desk.run(things.set(eve, "t", custom=False)).custom
    assert desk.run(things.set(eve, "t", pool="staging")).pool == "staging"
    assert refusal(desk, things.set(eve, "t", aid=other.aid), "may not do this") == 403
    assert desk.run(things.set(LOCAL, "t", aid=other.aid)).aid == other.aid
    assert desk.run(things.expire(LOCAL, "t")) == 1
    assert refusal(desk, things.admit(LOCAL, "t"), "none waits") == 409
    assert refusal(desk, things.admit(LOCAL, "t", "x"), "16 digits") == 422


def test_messages_are_paged_and_masked(desk, app):
    add_thing(desk, app.aid, "t", NOW)
    messages = desk.manage.messages
    for number in range(3):
        desk.run(messages.queue(LOCAL, "t", "APP", number))
    mid = desk.run(messages.queue(LOCAL, "t", "CMD", "print(1)"))
    page = desk.run(messages.find(LOCAL, "t", Page(0, 2, "-queued")))
    assert ([row.msg for row in page.items], page.total) == (["print(1)", 2], 4)
    assert desk.run(messages.cancel(LOCAL, "t", [mid])) == [mid]
    assert desk.run(messages.find(LOCAL, "t", status="received")).total == 0
    assert refusal(desk, messages.queue(LOCAL, "t", "SMS", 1), "APP or CMD") == 422
    assert refusal(desk, messages.queue(LOCAL, "t", "CMD", 1), "must be text") == 422
    assert refusal(desk, messages.queue(LOCAL, "t", "APP", "x" * 99_999), "shorten") == 422


def test_readings_of_a_range(desk, app):
    add_thing(desk, app.aid, "t", NOW)
    add_readings(desk, app.aid, "t", {second: {"n": second} for second in range(10, 20)})
    readings = desk.manage.readings

    def seconds(**asked):
        return [row.ts for row in desk.run(readings.find(LOCAL, "t", **asked))]

    assert seconds(limit=2) == [18, 19]
    assert seconds(limit=2, newest=False) == [10, 11]
    assert seconds(start=12, end=14) == [12, 13]
    assert refusal(desk, readings.find(LOCAL, "t", 5, 5), "start must be") == 422


VALUES = {
    0: {"t": 1, "list": [5]}, 1: {"t": 3.5, "list": [7]}, 2: {"t": "x"}, 3: {"t": None}, 4: 12,
    5: {"t": True}, 6: {"t": 10**400}, 7: {"t": -(10**310)}, 8: "text\0", 9: {"a/b": {"ü": 4}},
    60: {"t": -2}, 61: {"other": 1}, 130: {"other": "\u0000"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "seen"),
    [
        ("t", [(0, 2, 1, 2.25, 3.5), (60, 1, -2, -2, -2)]),
        ("/t", [(0, 2, 1, 2.25, 3.5), (60, 1, -2, -2, -2)]),
        ("", [(0, 1, 12, 12, 12)]),
        ("/list/0", [(0, 2, 5, 6, 7)]),
        ("/a~1b/ü", [(0, 1, 4, 4, 4)]),
        ("' OR 1=1 --", []),
    ],
)
def test_buckets_take_the_numbers_of_a_field(desk, app, field, seen):
    add_thing(desk, app.aid, "t", NOW)
    add_readings(desk, app.aid, "t", VALUES)
    found = desk.run(desk.manage.readings.buckets(LOCAL, "t", field, 0, 180, 60))
    assert [(one.ts, one.count, one.min, one.avg, one.max) for one in found] == seen


def test_a_reading_of_any_length_is_kept_and_counted(desk, app):
    """A row of PostgreSQL's indexes has 2,704 bytes at most."""
    add_thing(desk, app.aid, "t", NOW)
    sizes = (10, 1980, 2000, 2704, 9000, 100_000)
    values = {at: {"t": at, "noise": secrets.token_hex(size)} for at, size in enumerate(sizes)}
    add_readings(desk, app.aid, "t", values)
    (bucket,) = desk.run(desk.manage.readings.buckets(LOCAL, "t", "t", 0, 60, 60))
    assert (bucket.count, bucket.max) == (6, 5)
    assert [row.msg for row in desk.run(desk.manage.readings.find(LOCAL, "t"))] == [
        *values.values()
    ]


def test_buckets_that_cannot_be(lite):
    app = lite.run(lite.manage.apps.create(LOCAL, "Lamp"))
    add_thing(lite, app.aid, "t", NOW)
    buckets = lite.manage.readings.buckets
    for field in ('a"b', "a\\b", "/", "/a//b", "/" + "a/" * 9):
        assert refusal(lite, buckets(LOCAL, "t", field, 0, 9), "no JSON Pointer") == 422
    assert refusal(lite, buckets(LOCAL, "t", "t", 0, 1e6, 1.0), "too small") == 422
    assert refusal(lite, buckets(LOCAL, "t", "t", 0, 9, 1e-9), "too small") == 422
    assert lite.run(buckets(LOCAL, "t", "t", 0, 9)) == []


def exported(desk, form):
    async def all_of_it():
        return "".join([text async for text in await desk.manage.readings.export(LOCAL, "t", form)])

    return desk.run(all_of_it())


def test_an_export_is_whole_and_harmless(desk, app):
    add_thing(desk, app.aid, "t", NOW)
    add_readings(desk, app.aid, "t", {0: "=1+1", 1: {"a": 1}} | dict.fromkeys(range(2, 2002), 5))
    lines = exported(desk, "csv").split("\r\n")
    assert lines[0] == "ts,received,msg"
    assert lines[1].endswith(',"""=1+1"""')
    assert (len(lines), lines[-2]) == (2004, "2001.000000,1700000000.000000,5")
    lines = exported(desk, "jsonl").splitlines()
    assert (len(lines), lines[0]) == (2002, '{"ts":0.0,"msg":"=1+1","received":1700000000.0}')


def test_releases(lite):
    (release,) = [one for one in lite.run(lite.manage.releases.find(LOCAL)) if one.version == "v9"]
    assert (release.platform, release.files, release.bytes) == ("Python", 4, 40)


def test_accounts_and_who_changed_what(desk, app):
    accounts = desk.manage.accounts
    desk.run(accounts.set_limits(LOCAL, "local", 5, None))
    assert desk.run(accounts.close_name(LOCAL, "local")).by_name is False
    eve = person(desk, "eve", {app.aid: "owner"})
    bob = person(desk, "bob", {app.aid: "developer"})
    desk.run(desk.manage.versions.commit(bob, app.aid, {"a.py": "secret text"}, "one"))
    actions = [(one.who, one.action, one.target) for one in desk.run(accounts.audit(LOCAL))]
    assert actions[0] == ("bob", "commit", "one")
    assert ("(data folder)", "set limits", "local") in actions
    assert ("eve", "log in", "eve") in actions
    assert "secret" not in repr(desk.run(accounts.audit(LOCAL)))
    assert {one.aid for one in desk.run(accounts.audit(eve))} == {app.aid}
    assert desk.run(accounts.audit(bob)) == []
    assert refusal(desk, accounts.find(eve)) == 403
    assert refusal(desk, accounts.set_limits(LOCAL, "nobody", 1, 1)) == 404


def test_the_audit_is_narrowed_to_an_app_and_a_text(desk, app):
    other = desk.run(desk.manage.apps.create(LOCAL, "100%"))
    eve = person(desk, "eve", {app.aid: "owner"})
    desk.run(desk.manage.versions.commit(eve, app.aid, {"a.py": ""}, "one_1"))
    desk.run(desk.manage.versions.commit(LOCAL, other.aid, {"a.py": ""}, "one-1"))

    def found(actor=LOCAL, **narrowed):
        entries = desk.run(desk.manage.accounts.audit(actor, **narrowed))
        return [(one.action, one.target) for one in entries]

    assert found(text="ONE_") == [("commit", "one_1")]
    assert found(text="%") == [("create app", other.aid)]
    assert found(text="eve", aid=app.aid) == [("commit", "one_1"), ("set role", "eve")]
    assert found(aid=other.aid) == [("commit", "one-1"), ("create app", other.aid)]
    assert found(eve, text="one") == [("commit", "one_1")]
    assert found(eve, aid=other.aid) == []
    assert len(found(text="o", limit=2)) == 2
