"""worker: sizes, times, limits."""

import time

import pytest

from tests.unit.cloud.wire import LOST, NO_TOKEN, TROUBLE, Thing


def test_a_reading_of_now(thing, admin):
    before = time.time()
    answer = thing.call("apps/worker/", msg={"temperature": 21.5})
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("Content-Type") is None
    assert answer.header("Content-Length") == "0"
    (reading,) = admin.readings(thing.tid)
    assert reading["msg"] == {"temperature": 21.5}
    assert before - 1 < reading["ts"] == pytest.approx(reading["received"], abs=1)


@pytest.mark.parametrize("ts", [1700000000, 1700000000.25, "1700000001.5", 0, -1, True])
def test_a_reading_with_its_time(thing, admin, ts):
    assert thing.call("apps/worker/", msg="x", ts=ts).status == 200
    assert admin.readings(thing.tid)[0]["ts"] == float(ts)


@pytest.mark.parametrize(
    "ts", ["", "soon", "nan", "inf", 1e18, -1e18, [1], {}, 10**400, "2020-01-01"]
)
def test_times_that_are_none(thing, ts):
    answer = thing.call("apps/worker/", msg="x", ts=ts)
    assert answer.status == 400
    assert answer.json().startswith("Hi, Pythings Cloud here. Sorry, but I ")


def test_the_same_time_twice(thing, admin):
    assert thing.call("apps/worker/", msg="a", ts=1700000000).status == 200
    answer = thing.call("apps/worker/", msg="b", ts="1700000000.0")
    assert (answer.status, answer.body) == (500, TROUBLE)
    assert [reading["msg"] for reading in admin.readings(thing.tid)] == ["a"]


@pytest.mark.parametrize("msg", ["", 0, False, {}, [], None])
def test_empty_messages(thing, msg):
    answer = thing.call("apps/worker/", msg=msg)
    assert answer.status == 400
    assert answer.json().endswith('empty "msg".')


@pytest.mark.parametrize(
    ("msg", "size"),
    [
        ("x" * 510, 512),
        ("x" * 511, 513),
        ({"a": "x" * 502, "b": 1}, 519),
        ("é" * 85, 512),
        ("é" * 86, 518),
        ("😀" * 43, 518),
        ([1] * 170, 510),
        ([1] * 171, 513),
    ],
)
def test_sizes_are_counted_as_python_writes_json(thing, msg, size):
    answer = thing.call("apps/worker/", msg=msg)
    if size <= 512:
        assert answer.status == 200
    else:
        assert answer.status == 400
        assert answer.json().endswith(f"message too long ({size} chars, maximum is 512)")


def test_the_order_of_complaints(wire, thing):
    answer = wire.post("apps/worker/", {"msg": ""})
    assert (answer.status, answer.json()) == (400, NO_TOKEN)
    assert wire.post("apps/worker/", {"token": "x"}).json().endswith('empty "msg".')
    assert wire.post("apps/worker/", {"token": "x", "msg": 1, "ts": "x"}).status == 400
    answer = wire.post("apps/worker/", {"token": "x", "msg": "x" * 600})
    assert (answer.status, answer.json()) == (401, LOST)


def test_messages_limit(wire, admin):
    thing = Thing(wire, admin.create_app("Small", account="quiet"))
    thing.register()
    admin.limits(messages=2, account="quiet")
    assert thing.call("apps/worker/", msg=1).status == 200
    mid = admin.send_message(thing.tid, 1)
    thing.report("OK")
    thing.management()
    thing.report("OK", msg={"mid": mid, "rep": 1})
    answer = thing.call("apps/worker/", msg=1)
    assert answer.status == 401
    assert answer.json() == "Sorry, but you reached the messages limit for your account!"


def test_the_last_readings_are_in_the_order_of_their_times(thing, admin):
    for ts in (30, 10, 20):
        thing.call("apps/worker/", msg={"n": ts}, ts=ts)
    assert [reading["ts"] for reading in admin.readings(thing.tid)] == [10, 20, 30]
    assert [reading["ts"] for reading in admin.readings(thing.tid, last=2)] == [20, 30]
