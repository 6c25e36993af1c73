"""An MQTT broker for the tests: Debian's mosquitto, in a folder, on loopback, with TLS and a
password."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from app.cloud.certificates import make_certificate
from tests.patience import PATIENCE_S, until

USER, PASSWORD = "cloud", "correct horse"


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if not found:
        pytest.skip(f"there is no {name}: Debian's package mosquitto has it")
    return found


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as it:
        return int(it.getsockname()[1])


class Broker:
    """A broker that can be stopped and started again; it keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self._program = _program("mosquitto")
        self._folder = folder
        self.port = _free_port()
        certificate = make_certificate(folder / "tls", "127.0.0.1")
        assert certificate.ca
        self.ca = certificate.ca
        words = folder / "passwords"
        made = [_program("mosquitto_passwd"), "-c", "-b", str(words), USER, PASSWORD]
        subprocess.run(made, check=True, capture_output=True)
        lines = [
            f"listener {self.port} 127.0.0.1",
            "allow_anonymous false",
            f"password_file {words}",
            f"certfile {certificate.path}",
            f"keyfile {certificate.key}",
            "persistence false",
            *(["user root"] if os.geteuid() == 0 else []),
        ]
        (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return the URL for a cloud."""
        return f"mqtts://{USER}@127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        command = [self._program, "-c", str(self._folder / "mosquitto.conf")]
        log = (self._folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        until(self._listens)

    def _listens(self) -> bool:
        assert self._process and self._process.poll() is None, (self._folder / "log").read_text()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def stop(self) -> None:
        """Stop it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Listener:
    """A client that keeps the newest text of each topic, and all texts in their order."""

    def __init__(self, broker: Broker) -> None:
        self.now: dict[str, str] = {}
        self.all: list[tuple[str, str]] = []
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.username_pw_set(USER, PASSWORD)
        self._client.tls_set(str(broker.ca))
        self._client.on_message = self._take
        self._client.on_connect = lambda client, *_: client.subscribe("#", 1)
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()

    def _take(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        text = message.payload.decode("utf-8", "replace")
        self.now[message.topic] = text
        self.all.append((message.topic, text))

    def publish(self, topic: str, text: str | bytes) -> None:
        """Publish a text, and wait until the broker has it."""
        self._client.publish(topic, text, 1).wait_for_publish(PATIENCE_S)

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Broker]:
    """Run a broker."""
    it = Broker(folder)
    it.start()
    try:
        yield it
    finally:
        it.stop()


@contextlib.contextmanager
def listening(broker: Broker) -> Iterator[Listener]:
    """Run a client that has subscribed to all topics."""
    it = Listener(broker)
    try:
        yield it
    finally:
        it.close()
