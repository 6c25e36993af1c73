"""Alarms through the services and the watch, on each database; bad input, roles, secrets."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from app.cloud.alarms import webhook
from app.cloud.alarms.courier import GIVE_UP_S
from app.cloud.manage.service.alarms import AlarmWish
from app.cloud.manage.service.office import LOCAL, Refused
from app.cloud.store import Store
from app.cloud.tables.alarms import WebhookTarget
from tests.unit.cloud.manage.alarming import KEY, OFF, POOL, URL, Fleet
from tests.unit.cloud.manage.asking import ask, bearer
from tests.unit.cloud.manage.conftest import NOW, SECRET, managed, person

WARM = AlarmWish("over", field="t", limit=8.0, back=6.0, webhook=URL, secret=KEY)


@pytest.fixture
def fleet(desk):
    return Fleet(desk)


@pytest.fixture
def small(lite):
    return Fleet(lite)


def refused(fleet, call, status, text):
    with pytest.raises(Refused, match=text) as caught:
        call()
    assert caught.value.status == status


def test_a_thing_that_falls_silent_is_told_once_and_so_is_its_return(fleet):
    it = fleet.add()
    fleet.look(590)
    assert fleet.changes(it) == []
    fleet.look(100, ["T1", "T2"])
    assert fleet.changes(it) == [("T0", "raised")]
    assert fleet.do("get", it).raised == fleet.do("get", it).waiting == 1
    assert [row.tid for row in fleet.do("things", it).items] == ["T0"]
    fleet.look(2000, ["T1", "T2"])
    fleet.look(300, fleet.tids)
    fleet.look(300, fleet.tids)
    assert fleet.changes(it) == [("T0", "raised"), ("T0", "cleared")]
    assert fleet.told == 2
    shown = fleet.desk.run(fleet.desk.manage.events.after(LOCAL, 0, 10, tid="T0"))
    assert [(row.what, row.summary.split(":")[0]) for row in shown] == [
        ("alarm", f"{it.id} raised"),
        ("alarm", f"{it.id} cleared"),
    ]


def test_a_cloud_that_was_stopped_blames_no_thing(fleet):
    it = fleet.add()
    fleet.look(100, fleet.tids)
    fleet.desk.clock.now += 7200
    fleet.desk.run(fleet.watch.look())
    fleet.look(500, ["T0", "T1"])
    assert fleet.changes(it) == []
    fleet.look(150, ["T0", "T1"])
    assert fleet.changes(it) == [("T2", "raised")]
    fleet.desk.clock.now += 7200  # one that was told stays so until it calls
    fleet.look(50)
    assert fleet.changes(it) == [("T2", "raised")]


def test_a_field_over_its_limit(fleet):
    fleet.send("T0", {"t": 99}, NOW - 1)  # of before
    it = fleet.add(WARM)
    fleet.look()
    assert fleet.changes(it) == []
    fleet.send("T0", {"t": 9.5})
    fleet.send("T0", {"t": -99}, NOW + 1e9)  # of a clock that is wrong
    fleet.send("T1", {"t": "9.5"})
    fleet.send("T2", {"other": 9.5})
    fleet.look()
    assert fleet.changes(it) == [("T0", "raised")]
    assert fleet.do("events", it).items[0].detail == "t is 9.5"
    fleet.send("T0", {"t": 7})  # within the band
    fleet.look(200)
    fleet.send("T0", {"t": 6})
    fleet.look(200)
    assert fleet.changes(it) == [("T0", "raised"), ("T0", "cleared")]


def test_a_field_that_flaps_is_told_once(small):
    it = small.add(WARM)
    for number in range(40):
        small.send("T0", {"t": 9 if number % 2 else 1})
        small.look(10)
    assert small.changes(it) == [("T0", "raised")]


def test_a_version_that_was_taken_back(small):
    it = small.add(AlarmWish("taken_back", settle_s=0.0, webhook=URL, secret=KEY))

    def reports(status):
        def reported(store):
            token = store.sessions.start(small.desk.clock.now)
            store.sessions.bind(token, store.things.of_tid("T1")[0].id, "one", "v1")
            store.sessions.report(token, "pythings", status, small.desk.clock.now)

        small.change(reported)

    for status in ("OK", "KO: app two taken back: it crashed", "KO: os v9 taken back", "OK"):
        reports(status)
        small.look()
        small.look()
    assert [(row.change, row.detail) for row in small.do("events", it).items][::-1] == [
        ("raised", "app two was taken back"),
        ("raised", "os v9 was taken back"),
        ("cleared", "it has not gone back since"),
    ]


def test_a_thing_that_leaves_or_is_removed(small):
    it = small.add()
    small.look(700)
    assert small.do("get", it).raised == 3
    small.desk.run(small.desk.manage.things.set(LOCAL, "T0", pool="production"))
    small.desk.run(small.desk.manage.things.remove(LOCAL, "T1"))
    small.look()
    small.look()
    assert small.changes(it)[3:] == [("T0", "cleared")]
    assert small.do("get", it).raised == 1


def test_a_thing_that_is_removed_during_the_look(small):
    it = small.add()
    small.look(600)
    remove, do = small.desk.cloud.store.things.remove, small.watch._reader.do

    async def looked(call):
        result = await do(call)
        if isinstance(result, list) and result and hasattr(result[0], "standing"):
            await small.desk.writer.do(
                lambda: remove(small.desk.cloud.store.things.of_tid("T0")[0])
            )
            small.watch._reader = small.desk.manage.alarms._office._reader
        return result

    small.watch._reader = type("Reader", (), {"do": staticmethod(looked)})()
    small.look(50)
    assert small.changes(it) == [("T1", "raised"), ("T2", "raised")]


def test_one_process_looks_and_one_delivers(fleet):
    it = fleet.add()
    now = NOW + 700

    def claim(store, at):
        return store.alarms.claim(it.id, at, 5.0, NOW)

    assert fleet.change(lambda store: claim(store, now))
    assert not fleet.change(lambda store: claim(store, now + 4))
    assert not fleet.change(lambda store: claim(store, now - 30))  # another machine's clock
    assert fleet.change(lambda store: claim(store, now - 9999))  # a clock that was set back
    assert not fleet.change(lambda store: store.alarms.claimed(it.id, now))
    assert fleet.change(lambda store: store.alarms.lease(it.id, now, 120))
    assert not fleet.change(lambda store: store.alarms.lease(it.id, now + 119, 120))
    assert fleet.change(lambda store: store.alarms.lease(it.id, now + 120, 120))
    assert fleet.change(lambda store: store.alarms.lease(it.id, NOW - 9999, 120))


def test_a_look_that_another_process_has_overtaken_writes_nothing(small):
    it = small.add()
    small.look(600)
    do = small.watch._reader.do

    async def looked(call):
        result = await do(call)
        if isinstance(result, list) and result and hasattr(result[0], "standing"):
            later = small.desk.clock.now + 7
            await small.desk.writer.do(
                lambda: small.desk.cloud.store.alarms.claim(it.id, later, 5.0, NOW)
            )
        return result

    small.watch._reader = type("Reader", (), {"do": staticmethod(looked)})()
    small.look(50)
    assert small.changes(it) == []


def deliver(fleet, it):
    """Have the courier deliver the events that wait."""
    fleet.desk.run(fleet.courier._deliver(it.id))


def test_a_delivery_that_fails_is_made_again_and_at_last_given_up(small, monkeypatch):
    sent, failing = [], [True]

    async def post(hook, time, body, timeout_s):
        if failing[0]:
            raise webhook.Undelivered("it answers 503")
        sent.append((hook, json.loads(body)))

    monkeypatch.setattr(webhook, "post", post)
    it = small.add()
    small.look(700)
    for _ in range(3):
        deliver(small, it)
        small.desk.clock.now += 100
    shown = small.do("get", it)
    assert (shown.failures, shown.error, shown.waiting) == (3, "it answers 503", 3)
    told = f"alarm {it.id} cannot be delivered to https://hooks.example: it answers 503"
    assert small.desk.warnings == [told]
    deliver(small, it)
    deliver(small, it)  # too soon
    assert small.do("get", it).failures == 4
    failing[0] = False
    small.do("set_active", it, True)  # at once
    deliver(small, it)
    ((hook, value),) = sent
    assert (hook.url, hook.secret, hook.inside) == (URL, KEY, True)
    assert value["alarm"] == {
        "id": it.id,
        "aid": small.aid,
        "app": "Lamp",
        "pool": POOL,
        "rule": "off line for 600 s",
    }
    assert [(row["tid"], row["change"]) for row in value["events"]] == small.changes(it)
    assert len({row["id"] for row in value["events"]}) == 3
    shown = small.do("get", it)
    assert (shown.failures, shown.error, shown.waiting) == (0, "", 0)
    deliver(small, it)
    assert len(sent) == 1
    small.do("test", it)
    small.desk.clock.now += GIVE_UP_S + 1
    deliver(small, it)
    assert len(sent) == 1
    assert small.do("events", it).items[0].sent is None
    assert "1 events were given up after 3 days" in small.desk.warnings[-1]


def test_the_secrets_are_nowhere_in_the_clear(small, tmp_path):
    it = small.add()
    shown = json.dumps([repr(it), repr(small.do("get", it))])
    for path in ("/alarms", f"/alarms/{it.id}", f"/alarms/{it.id}/events", "/audit"):
        shown += ask(small.desk, "GET", path, **bearer(SECRET)).body.decode()
    assert it.to == "https://hooks.example"
    assert "hush" not in shown
    store = small.desk.cloud.store
    assert store.alarms.target(it.id) == WebhookTarget(URL, KEY)
    backup = tmp_path / "copy"
    store._db.text("VACUUM INTO ?", (str(backup),))
    assert b"hush" not in backup.read_bytes()


def test_a_key_that_was_lost(tmp_path):
    with managed(tmp_path) as desk:
        small = Fleet(desk)
        it = small.add()
        small.do("test", it)
    (tmp_path / "store.key").unlink()
    with closing(Store(tmp_path / "cloud.db", forget=True)) as store:
        assert store.alarms.target(it.id) is None
    with closing(Store(tmp_path / "cloud.db")) as store:
        assert store.alarm_events.count_waiting(it.id) == 1


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        (AlarmWish("none", mail="a@b.example"), "kind must be one of"),
        (AlarmWish("offline", 59.0, mail="a@b.example"), "for_s must be 60"),
        (AlarmWish("offline", 600.0, settle_s=1e9, mail="a@b.example"), "settle_s must be"),
        (AlarmWish("offline", 600.0, limit=1.0, mail="a@b.example"), "not for offline"),
        (AlarmWish("over", field="t", mail="a@b.example"), "give the limit"),
        (AlarmWish("over", field="t", limit=1e301, mail="a@b.example"), "up to 1e300"),
        (AlarmWish("over", field="t", limit=1.0, back=2.0, mail="a@b.example"), "not be above"),
        (AlarmWish("under", field="t", limit=1.0, back=0.0, mail="a@b.example"), "not be below"),
        (AlarmWish("over", field="/", limit=1.0, mail="a@b.example"), "no name or JSON Pointer"),
        (AlarmWish("over", field="x" * 101, limit=1.0, mail="a@b.example"), "more than 100"),
        (AlarmWish("taken_back"), "either mail or webhook"),
        (AlarmWish("taken_back", mail="a@b.example", webhook=URL), "either mail or webhook"),
        (AlarmWish("taken_back", mail="a"), "e-mail address"),
        (AlarmWish("taken_back", webhook=URL), "16 to 200"),
        (AlarmWish("taken_back", webhook=URL, secret="short"), "16 to 200"),
        (AlarmWish("taken_back", webhook="ftp://a", secret=KEY), "must be like https"),
    ],
)
def test_bad_wishes(small, wish, text):
    refused(small, lambda: small.add(wish), 422, text)


def test_other_refusals(small):
    mail = AlarmWish("taken_back", mail="a@b.example")
    refused(small, lambda: small.add(mail), 409, "sends no e-mail")
    refused(small, lambda: small.add(pool="none"), 404, "no pool none")
    service, run = small.desk.manage.alarms, small.desk.run
    refused(small, lambda: run(service.get(LOCAL, 99)), 404, "no alarm 99")
    for _ in range(20):
        it = small.add()
    refused(small, small.add, 409, "has 20 alarms")
    assert run(service.find(LOCAL)).total == 20
    eve = person(small.desk, "eve", {small.aid: "developer"})
    own = person(small.desk, "own", {small.aid: "owner"})
    mallory = person(small.desk, "mallory")
    assert run(service.find(eve, aid=small.aid)).total == 20
    assert run(service.find(mallory)).total == 0
    refused(small, lambda: run(service.test(eve, it.id)), 403, "a developer of this app may not")
    refused(small, lambda: run(service.get(mallory, it.id)), 404, "no alarm")
    run(service.remove(own, it.id))
    mine = run(service.add(own, small.aid, POOL, OFF))
    store = small.desk.cloud.store
    assert [store.alarms.get(number).inside for number in (it.id - 1, mine.id)] == [True, False]


def test_a_paused_alarm_watches_nothing(small):
    it = small.add()
    assert not small.do("set_active", it, False).active
    small.look(2000)
    assert small.changes(it) == []
    small.do("set_active", it, True)
    small.look(500)
    assert small.changes(it) == []
    small.look(200)
    assert len(small.changes(it)) == 3
