"""A haproxy for the tests, with the configuration of `deploy/`."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S, until

CONFIGURATION = Path(__file__).resolve().parents[1] / "deploy" / "haproxy.cfg"


def program() -> str | None:
    """Return the path of haproxy, if it is installed."""
    return shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin")


class Haproxy:
    """A proxy to two clouds, HOST:PORT each; `start` reopens the same address after a `kill`."""

    def __init__(self, haproxy: str, first: str, second: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = "127.0.0.1:%d" % free.getsockname()[1]
        self.url = f"http://{self.address}"
        self._command = [haproxy, "-db", "-f", str(CONFIGURATION)]
        self._environment = {
            **os.environ,
            "PYTHINGS_BIND": self.address,
            "PYTHINGS_CLOUD_1": first,
            "PYTHINGS_CLOUD_2": second,
        }
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers for a cloud."""
        self._process = subprocess.Popen(
            self._command,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(lambda: self._process.poll() is not None or self._answers())
        assert self._process.poll() is None

    def kill(self) -> None:
        """Kill it, as the out-of-memory killer does."""
        self._process.kill()
        self._process.wait(PATIENCE_S)

    def _answers(self) -> bool:
        host, _, port = self.address.partition(":")
        try:
            with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as connection:
                connection.sendall(b"GET /healthz HTTP/1.0\r\nHost: c\r\n\r\n")
                return connection.recv(12) == b"HTTP/1.1 200"
        except OSError:
            return False


@contextlib.contextmanager
def running(first: str, second: str | None = None) -> Iterator[Haproxy]:
    """Run one; skip the test where it is not installed."""
    found = program()
    if found is None:
        pytest.skip("there is no haproxy on this machine")
    haproxy = Haproxy(found, first, second or first)
    try:
        yield haproxy
    finally:
        haproxy.kill()
