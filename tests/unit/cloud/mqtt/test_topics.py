"""The topics of Things, and Home Assistant's discovery messages, field by field."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cloud.cli.parser import parser
from app.cloud.cli.senders import mqtt_of
from app.cloud.errors import CloudFailure
from app.cloud.mqtt.broker import broker_of
from app.cloud.mqtt.topics import Names, ThingNow, fields_of, reading_topics, status_topics
from tests.unit.cloud.mqtt.discovery import DEVICE, check_discovery

NAMES = Names()
AID = "11111111-2222-3333-4444-555555555555"
LAMP = ThingNow(
    1, AID, "Lamp", "lamp-7", "production", "esp32", "run", "two", "v2", "OK", "OK", "OK", 1, "1"
)  # fmt: skip

DEVICE |= {"sw_version", "serial_number", "via_device", "suggested_area", "configuration_url"}


def test_a_reading_with_its_sensors():
    msg = {"t": 21.5, "name": "x", "ok": True, "in": [{"h": 40}]}
    topics = reading_topics(NAMES, LAMP, 1_700_000_000_500_000, msg)
    base = f"pythings/{AID}/lamp-7"
    configs = {topic: text for topic, text in topics.items() if topic.startswith("home")}
    found = [check_discovery(topic, text) for topic, text in configs.items()]
    assert [it["name"] for it in found] == ["t", "in/0/h"]
    assert found[0]["state_topic"] == f"{base}/field/t"
    assert [it["topic"] for it in found[0]["availability"]] == [
        "pythings/availability",
        f"{base}/availability",
    ]
    assert found[0]["device"]["name"] == "lamp-7"
    assert found[0]["device"] == found[1]["device"]
    rest = {topic: text for topic, text in topics.items() if topic not in configs}
    assert rest.pop(f"{base}/reading") == json.dumps({"ts": 1_700_000_000.5, "msg": msg})
    assert rest == {f"{base}/field/t": "21.5", f"{base}/field/in/0/h": "40"}
    assert list(topics)[:2] == list(configs)  # before the values
    assert len(reading_topics(Names(discovery=""), LAMP, 1, msg)) == 3


def test_a_state():
    base = f"pythings/{AID}/lamp-7"
    topics = status_topics(NAMES, LAMP)
    assert topics[f"{base}/availability"] == "online"
    assert json.loads(topics[f"{base}/status"])["app_version"] == "two"
    for state, word in (("trouble", "online"), ("offline", "offline"), ("new", "offline")):
        it = replace(LAMP, state=state)
        assert status_topics(NAMES, it)[f"{base}/availability"] == word


def test_numbers_that_are_fields():
    assert fields_of(7) == {("value",): 7}
    assert fields_of("7") == fields_of(True) == fields_of(None) == fields_of({}) == {}
    assert fields_of({"": 1, "x" * 65: 2, "inf": float("inf")}) == {}
    assert len(fields_of(list(range(99)))) == 50
    deep: object = 1
    for _ in range(9):
        deep = {"a": deep}
    assert fields_of(deep) == {} != fields_of(deep["a"])  # type: ignore[index]


names = st.text(min_size=1, max_size=9) | st.sampled_from(["a/b", "+", "#", "$SYS", "{{ x }}", "%"])


@given(tid=names, field=names)
def test_any_names(tid, field):
    """No name adds a level or a wildcard, and no two places share a topic or a sensor."""
    it = replace(LAMP, tid=tid)
    topics = reading_topics(NAMES, it, 1, {field: 1, "other": {field: 2}})
    levels = sorted(topic.count("/") for topic in topics)
    assert levels == [3, 4, 4, 4, 5]
    assert not any(sign in topic for topic in topics for sign in "+#\0")
    for topic, text in topics.items():
        if topic.startswith("homeassistant"):
            assert check_discovery(topic, text)["state_topic"] in topics
    assert NAMES.receiver(NAMES.of(AID, tid, "message")) == (AID, tid)


def test_other_topics_are_no_messages():
    for topic in ("pythings/a/b", "pythings/a/b/c/message", "pythings/a/b/status", "x"):
        assert NAMES.receiver(topic) is None


@pytest.mark.parametrize(
    ("url", "more", "told"),
    [
        ("http://b", {}, "names no broker"),
        ("mqtt://", {}, "names no broker"),
        ("mqtt://b/path", {}, "names no broker"),
        ("mqtt://b:99999", {}, "names no broker"),
        ("mqtts://u:hush@b", {}, "must not hold a password"),
        ("mqtts://b", {"password": "hush"}, "no user"),
        ("mqtt://b", {"ca": Path("x")}, "is for mqtts"),
        ("mqtts://b", {"ca": Path("/nowhere")}, "has no certificates"),
        ("mqtt://b", {"prefix": "a/#"}, "--mqtt-prefix must be"),
        ("mqtt://b", {"discovery": "+"}, "--mqtt-discovery must be"),
    ],
)
def test_brokers_of_no_use(url, more, told):
    with pytest.raises(CloudFailure, match=told) as caught:
        broker_of(url, **more)
    assert "hush" not in str(caught.value)


def test_a_broker_on_the_command_line(monkeypatch, tmp_path):
    def given(*words):
        return mqtt_of(parser().parse_args(["serve", *words]))

    assert given() is None
    with pytest.raises(CloudFailure, match="are for --mqtt"):
        given("--mqtt-messages")
    monkeypatch.setenv("PYTHINGS_MQTT_PASSWORD", "hush")
    it = given("--mqtt", "mqtt://me@broker.example", "--mqtt-discovery", "none")
    assert (it.port, it.password, it.names.discovery, it.messages) == (1883, "hush", "", False)
    assert it.exposed and "hush" not in repr(it)
    file = tmp_path / "password"
    file.write_text("other\n")
    words = ("--mqtt", "mqtts://me@b", "--mqtt-password-file", str(file), "--mqtt-messages")
    it = given(*words)
    assert (it.port, it.password, it.messages, it.exposed) == (8883, "other", True, False)
    assert not given("--mqtt", "mqtt://me@localhost").exposed
