"""report: statuses, replies, and the trap of the letters mid."""

import pytest

from tests.unit.cloud.wire import NO_TOKEN, TROUBLE


@pytest.mark.parametrize("what", ["worker", "management", "pythings"])
def test_statuses(thing, admin, what):
    answer = thing.report("OK", what)
    assert (answer.status, answer.body, answer.header("Content-Type")) == (200, b"", None)
    assert admin.thing(thing.tid)[what] == "OK"
    thing.report("KO", what, "ValueError x (line 1)")
    assert admin.thing(thing.tid)[what] == "KO: ValueError x (line 1)"
    thing.report("KO", what, {"a": None})
    assert admin.thing(thing.tid)[what] == "KO: {'a': None}"
    thing.report("any text", what, ["x"])
    assert admin.thing(thing.tid)[what] == "any text: ['x']"
    thing.report("OK", what, "")
    assert admin.thing(thing.tid)[what] == "OK"


def test_what_is_required(wire, thing):
    answer = wire.post("things/report", {})
    assert (answer.status, answer.json()) == (401, NO_TOKEN)
    for fields in ({"what": "worker"}, {"status": "OK"}, {"what": "", "status": "OK"}):
        answer = thing.call("things/report/", **fields)
        assert answer.status == 401
        assert answer.json().endswith("to report is required.")
    for what in ("other", ["worker"], 5):
        assert thing.call("things/report/", what=what, status="OK").status == 400
    answer = wire.post("things/report/", {"token": "x", "what": "worker", "status": "OK"})
    assert answer.status == 401
    assert answer.json().endswith("Soory, could not find token.")
    answer = thing.call("things/report/", what="worker", status=["OK"])
    assert (answer.status, answer.body) == (500, TROUBLE)


def deliver(thing, admin, msg="question"):
    mid = admin.send_message(thing.tid, msg)
    thing.report("OK")
    assert thing.management()["mid"] == mid
    return mid


@pytest.mark.parametrize("reply", ["yes", {"a": [1]}, 0, False, "x" * 5000])
def test_replies(thing, admin, reply):
    mid = deliver(thing, admin)
    thing.report("OK", msg={"mid": mid, "rep": reply})
    (row,) = admin.messages(thing.tid)
    assert (row["status"], row["reply"], row["mid"]) == ("received", reply, mid)
    assert row["queued"] <= row["delivered"] <= row["received"]
    assert admin.thing(thing.tid)["management"] == "OK"


def test_a_reply_of_null_leaves_what_is_there(thing, admin):
    mid = deliver(thing, admin)
    thing.report("OK", msg={"mid": mid})
    assert admin.messages(thing.tid)[0]["status"] == "received"
    assert admin.messages(thing.tid)[0]["reply"] is None
    thing.report("OK", msg={"mid": mid, "rep": "first"})
    thing.report("OK", msg={"mid": mid, "rep": None})
    assert admin.messages(thing.tid)[0]["reply"] == "first"


def test_an_unknown_mid_is_ignored(thing, admin):
    mid = deliver(thing, admin)
    for other in ("unknown", 5, [mid], None):
        assert thing.report("KO", msg={"mid": other, "rep": "x"}).status == 200
    assert admin.messages(thing.tid)[0]["status"] == "delivered"
    assert admin.thing(thing.tid)["management"] == "KO"


@pytest.mark.parametrize("msg", ["ValueError: midnight", "mid", ["mid"], 5, True, 1.5])
def test_trap_mid_anywhere(thing, admin, msg):
    answer = thing.report("OK", msg=msg)
    assert (answer.status, answer.body) == (500, TROUBLE)
    assert admin.thing(thing.tid)["management"] == "Unknown"
    assert thing.report("OK", "worker", msg).status == 200
