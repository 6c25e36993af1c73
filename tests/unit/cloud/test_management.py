"""management: settings, and when a message comes with them."""

import json

import pytest

from tests.unit.cloud.wire import NO_TOKEN, TROUBLE, Thing


def test_settings_as_recorded(thing, admin, aid):
    admin.commit(aid, {"worker_task.py": ""}, "1001")
    admin.set_pool(aid, "development", {"management_interval": "2", "worker_interval": "3"})
    answer = thing.call("apps/management/", status="anything")
    assert answer.body == (
        b'{"settings":{"pythings_version":"factory","app_version":"1001","management_interval":"2",'
        b'"worker_interval":"3","battery_operated":false,"setup_timeout":60,"ssl":false,'
        b'"payload_encryption":false,"pool":"development"}}'
    )
    assert len(answer.raw) <= 451


def test_backend_is_sent_only_if_set(thing, admin, aid):
    admin.set_pool(aid, "development", {"backend": "cloud.example:8080"})
    settings = thing.management()["settings"]
    assert list(settings)[-2:] == ["backend", "pool"]
    admin.set_pool(aid, "development", {"backend": ""})
    assert "backend" not in thing.management()["settings"]


def test_senseless_settings_are_sent_as_they_are(thing, admin, aid):
    admin.set_pool(
        aid,
        "development",
        {"worker_interval": "auto", "management_interval": -1, "extra": [None], "ssl": "yes"},
        remove=["setup_timeout"],
    )
    settings = thing.management()["settings"]
    assert settings["worker_interval"] == "auto"
    assert settings["management_interval"] == -1
    assert settings["extra"] == [None]
    assert settings["ssl"] == "yes"
    assert "setup_timeout" not in settings


def test_tokens(wire, thing, admin):
    answer = wire.post("apps/management/", {})
    assert (answer.status, answer.json()) == (400, NO_TOKEN)
    for token in ("unknown", 5, [1], {"a": 1}):
        answer = wire.post("apps/management/", {"token": token})
        assert answer.status == 401
        assert answer.json().endswith("token not found (managemet api).")
    assert admin.expire(thing.tid) == 1
    assert thing.call("apps/management/").status == 401
    assert admin.expire(thing.tid) == 0


def test_no_message_before_management_is_ok(thing, admin):
    mid = admin.send_message(thing.tid, {"n": 1})
    for status in ("KO", "ok", ""):
        thing.report(status, msg="x")
        assert "msg" not in thing.management()
    thing.report("OK")
    answer = thing.management()
    assert list(answer) == ["settings", "msg", "mid", "type"]
    assert (answer["msg"], answer["mid"], answer["type"]) == ({"n": 1}, mid, "APP")


def test_messages_come_once_one_by_one_oldest_first(thing, admin):
    admin.send_message(thing.tid, "first")
    admin.send_command(thing.tid, "print(1)")
    thing.report("OK", msg="all is well")
    assert [row["status"] for row in admin.messages(thing.tid)] == ["queued", "queued"]
    assert thing.management()["msg"] == "first"
    assert [row["status"] for row in admin.messages(thing.tid)] == ["delivered", "queued"]
    answer = thing.management()
    assert (answer["type"], answer["msg"]) == ("CMD", "print(1)")
    assert "msg" not in thing.management()


def test_a_new_session_waits_for_its_own_ok(thing, admin):
    thing.report("OK")
    admin.send_message(thing.tid, "late")
    thing.token = ""
    thing.register()
    assert "msg" not in thing.management()
    thing.report("OK")
    assert thing.management()["msg"] == "late"


def test_after_ko_nothing_comes(thing, admin):
    thing.report("OK")
    thing.report("KO")
    admin.send_message(thing.tid, "later")
    assert "msg" not in thing.management()


@pytest.mark.parametrize("msg", [None, 0, False, "", [], {"a": ["é", None, 1.5]}, "a & b\n"])
def test_any_json_value_arrives(thing, admin, msg):
    thing.report("OK")
    admin.send_message(thing.tid, msg)
    assert thing.management()["msg"] == msg


def test_plain_answers_are_compact_and_not_escaped(thing, admin):
    thing.report("OK")
    admin.send_message(thing.tid, {"a": "é"})
    answer = thing.call("apps/management/")
    assert '"msg":{"a":"é"}'.encode() in answer.body


def test_a_session_without_a_thing(cloud, wire, aid):
    thing = Thing(wire, aid)
    thing.preregister(cloud.ready.modulus)
    for path, fields in (
        ("apps/management/", {}),
        ("apps/worker/", {"msg": 1}),
        ("apps/get/", {"version": "1", "list": True}),
        ("pythings/get/", {"version": "v9", "platform": "Python", "file_name": "api.py"}),
    ):
        answer = thing.call(path, **fields)
        assert (answer.status, answer.body) == (500, TROUBLE)
    listed = thing.call("pythings/get/", version="v9", platform="Python", list=True)
    assert "version.py" in json.loads(thing.clear(listed))
    assert thing.report("OK", msg={"mid": "x"}).status == 200


def test_each_status_has_the_time_of_its_report(thing, admin):
    names = ("worker_at", "management_at", "pythings_at")
    assert [admin.thing(thing.tid)[name] for name in names] == [None] * 3
    thing.report("KO", "worker", "no sensor")
    first = admin.thing(thing.tid)
    thing.report("OK")
    second = admin.thing(thing.tid)
    assert first["worker_at"] == second["worker_at"] <= second["management_at"]
    assert (first["management_at"], second["pythings_at"]) == (None, None)
    thing.report("OK", "worker")
    third = admin.thing(thing.tid)
    assert third["worker"] == "OK"
    assert third["worker_at"] >= second["management_at"]


def test_contact_moves_only_with_some_calls(thing, admin):
    def contact():
        return admin.thing(thing.tid)["last_contact"]

    first = contact()
    thing.call("apps/worker/", msg=1)
    thing.report("OK")
    assert contact() == first
    for path in ("apps/management/", "apps/get/", "pythings/get/"):
        before = contact()
        thing.call(path, version="1", platform="P", list=True)
        assert contact() > before
