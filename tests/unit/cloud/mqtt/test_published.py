"""A cloud and a real broker: sensors, states, messages, a broker that goes, a cloud that dies."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.cloud.client import AdminClient
from tests import mosquitto
from tests.patience import until
from tests.unit.cloud.mqtt.discovery import check_discovery
from tests.unit.cloud.wire import Thing, Wire

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def broker(tmp_path):
    folder = tmp_path / "broker"
    folder.mkdir()
    with mosquitto.running(folder) as it:
        yield it


@contextlib.contextmanager
def cloud(data, broker):
    """Run a cloud in a process of its own; yield its process, URL and client."""
    command = [sys.executable, "-m", "app.cli", "cloud", "serve", "--json", "--port", "0"]
    command += ["--data", str(data), "--mqtt", broker.url, "--mqtt-ca", str(broker.ca)]
    command += ["--mqtt-messages"]
    environment = {**os.environ, "PYTHINGS_MQTT_PASSWORD": mosquitto.PASSWORD}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        try:
            url = json.loads(process.stdout.readline())["url"]
            with contextlib.closing(AdminClient.from_data(data)) as admin:
                yield process, url, admin
        finally:
            process.kill()


def test_from_a_sensor_to_the_last_will(tmp_path, broker):
    with (
        mosquitto.listening(broker) as seen,
        cloud(tmp_path / "data", broker) as (
            process,
            url,
            admin,
        ),
    ):
        until(lambda: seen.now.get("pythings/availability") == "online")
        thing = Thing(Wire(url), admin.create_app("Lamp"), "lamp")
        thing.register(platform="esp32", app_version="one")
        base = f"pythings/{thing.aid}/lamp"
        assert thing.call("apps/worker/", msg={"t": 21.5, "text": "x"}).status == 200
        until(lambda: seen.now.get(f"{base}/field/t") == "21.5")
        assert seen.now[f"{base}/availability"] == "online"
        assert json.loads(seen.now[f"{base}/status"])["platform"] == "esp32"
        (config,) = (
            check_discovery(topic, text)
            for topic, text in seen.now.items()
            if topic.startswith("homeassistant")
        )
        assert config["state_topic"] == f"{base}/field/t"
        # Messages come from a topic, to the app and never as a command.
        seen.publish(f"{base}/message", b"\xff")
        seen.publish(f"{base}/message", '{"light": 1}')
        until(lambda: admin.messages("lamp"))
        (message,) = admin.messages("lamp")
        assert (message["type"], message["msg"]) == ("APP", {"light": 1})
        # A broker that goes: no call waits, and all is there once it is back.
        broker.stop()
        for value in (22, 23):
            assert thing.call("apps/worker/", msg={"t": value}).status == 200
        seen.all.clear()
        broker.start()
        until(lambda: seen.now.get(f"{base}/field/t") == "23")
        field = [text for topic, text in seen.all if topic == f"{base}/field/t"]
        assert field[-2:] == ["22", "23"]
        until(lambda: seen.now.get("pythings/availability") == "online")
        process.send_signal(signal.SIGKILL)
        until(lambda: seen.now["pythings/availability"] == "offline")
        assert process.stderr
        told = process.stderr.read().decode()
    assert "does not answer" in told and "is back" in told
    assert "to lamp is not taken: it is not UTF-8" in told
    assert mosquitto.PASSWORD not in told
