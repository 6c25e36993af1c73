"""The publisher without a broker: changes, limits, one process of several, messages refused."""

from __future__ import annotations

import asyncio

import pytest

from app.cloud.manage.service.office import LOCAL
from app.cloud.mqtt.broker import broker_of
from app.cloud.mqtt.publisher import MqttPublisher
from tests import mosquitto
from tests.patience import PATIENCE_S
from tests.unit.cloud.manage.alarming import Fleet
from tests.unit.cloud.manage.conftest import NOW


class Kept:
    """A client that keeps all that is published."""

    def __init__(self):
        self.all = []

    async def publish(self, topic, text, qos, retain):
        assert (qos, retain) == (1, True)
        self.all.append((topic, text))


def made(desk, url="mqtt://b", alone=True, **more):
    """Return a publisher over these services."""
    reader = desk.manage.alarms._office._reader
    broker = broker_of(url, **more)
    return MqttPublisher(desk.cloud, reader, desk.writer, desk.manage, broker, alone)


def test_only_changes_are_sent_and_things_that_go_take_their_topics_along(lite):
    fleet, client = Fleet(lite), Kept()
    publisher = made(lite)

    def published():
        client.all.clear()
        lite.run(publisher.publish(client))
        return dict(client.all)

    fleet.send("T0", {"t": 1})
    assert len(published()) == 3 * 2 + 3
    assert published() == {}
    lite.clock.now += 1
    for value in (2, 3):
        fleet.send("T0", {"t": value}, lite.clock.now + value / 10)
    published()
    field = f"pythings/{fleet.aid}/T0/field/t"
    assert [text for topic, text in client.all if topic == field] == ["2", "3"]
    fleet.send("T0", {"t": 99}, lite.clock.now + 1e9)  # of a clock that is wrong
    assert published() == {}
    other = lite.run(lite.manage.apps.create(LOCAL, "Other")).aid
    lite.run(lite.manage.things.set(LOCAL, "T0", aid=other, pool="development"))
    topics = published()
    assert topics[field] == ""
    assert topics[f"pythings/{other}/T0/availability"] == "online"
    lite.run(lite.manage.things.remove(LOCAL, "T1"))
    assert set(published().values()) == {""}
    assert published() == {}


def test_after_a_long_time_the_newest_are_sent_and_that_is_told(lite, monkeypatch):
    monkeypatch.setattr("app.cloud.mqtt.publisher._MOST", 3)
    fleet, client = Fleet(lite), Kept()
    publisher = made(lite)
    fleet.send("T0", 0)
    lite.run(publisher.publish(client))
    for second in range(1, 6):
        fleet.send("T0", second, lite.clock.now + second)
    client.all.clear()
    lite.run(publisher.publish(client))
    sent = [text for topic, text in client.all if topic.endswith("/field/value")]
    assert sent == ["3", "4", "5"]
    assert lite.warnings == ["MQTT: only the newest 3 readings of T0 are published"]


def test_one_process_publishes(desk):
    store = desk.cloud.store

    def take(owner, now):
        return desk.run(desk.writer.do(lambda: store.leases.take("mqtt", owner, now, 15.0)))

    assert take("a", NOW)
    assert not take("b", NOW + 14)
    assert take("a", NOW + 14)
    assert not take("b", NOW + 20)
    assert take("b", NOW + 29)
    assert take("a", NOW - 9999)  # the clock was set back
    desk.run(desk.writer.do(lambda: store.leases.release("mqtt", "a", NOW - 9999)))
    assert take("b", NOW - 9998)
    desk.clock.now = NOW - 9998
    publisher = made(desk, alone=False)
    assert not desk.run(publisher._leads())
    desk.clock.now += 16
    assert desk.run(publisher._leads())
    assert not take("b", desk.clock.now)


def test_messages_that_are_not_taken(lite):
    fleet = Fleet(lite)
    publisher = made(lite)
    base = f"pythings/{fleet.aid}"
    for topic, payload, retained in (
        (f"{base}/T0/message", b"1", True),
        (f"{base}/T0/message", b"x" * 4097, False),
        (f"{base}/T0/message", b"[" * 40 + b"]" * 40, False),
        (f"{base}/none/message", b"1", False),
        ("pythings/none/T0/message", b"1", False),
        (f"{base}/T0/status", b"1", False),
    ):
        lite.run(publisher._messages.take(topic, payload, retained))
    assert lite.run(lite.manage.messages.find(LOCAL, "T0")).total == 0
    reasons = ["is retained", "4096 bytes", "32 levels deep", "no Thing none", "no Thing T0"]
    assert len(lite.warnings) == 5
    assert all(it in told for it, told in zip(reasons, lite.warnings, strict=True))
    for _ in range(101):
        lite.run(publisher._messages.take(f"{base}/T0/message", b"plain text", False))
    assert "100 messages are queued" in lite.warnings[-1]
    assert lite.run(lite.manage.messages.find(LOCAL, "T0")).items[0].msg == "plain text"


# paho leaves the socket of a refused connection to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.slow
def test_a_broker_that_is_not_the_one(lite, tmp_path, monkeypatch):
    """Its certificate is of no authority that is trusted: the password is not sent there."""
    monkeypatch.setattr("app.cloud.mqtt.publisher.FIRST_RETRY_S", 0.0)
    folder = tmp_path / "broker"
    folder.mkdir()
    with mosquitto.running(folder) as broker:
        publisher = made(lite, broker.url, password=mosquitto.PASSWORD)
        lite.run(asyncio.wait_for(publisher._serve(), PATIENCE_S))
    (told,) = lite.warnings
    assert "CERTIFICATE_VERIFY_FAILED" in told and "is tried again" in told
