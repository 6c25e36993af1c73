"""Simulated boards that run the generated OS, and whoever talks to their portals."""

from __future__ import annotations

import json
import socket
import time
import urllib.parse
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from app.simulator import system
from tests.patience import PATIENCE_S
from tests.unit.simulator.conftest import INSTALLED, Bench

AID = "app-1"
NOWHERE = "http://127.0.0.1:9"  # a cloud that is not there

__all__ = ["AID", "NOWHERE", "Board", "answered", "asked", "on_boards", "request"]


def on_boards(test: Any) -> Any:
    """Mark a test that plays in simulated boards: MicroPython runs what it is about."""
    missing = pytest.mark.skipif(not INSTALLED, reason="MicroPython's unix port is not installed")
    return pytest.mark.slow(missing(test))


class Board(Bench):
    """A board of that name with the OS, and the `files` beside it. In a `with`."""

    def __init__(self, name: str, root: Path, **files: bytes) -> None:
        super().__init__(name, root)
        self.root = root
        files = {"backend": NOWHERE.encode(), **files}
        system.install(self.board, system.release(name, mpy=True), files, root)
        self.board.control("delay 40")

    def __enter__(self) -> Board:
        self.board.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.board.close()

    def since(self) -> int:
        """For `event`: only what comes from now on."""
        return len(self.events)

    def file(self, name: str) -> bytes | None:
        """Of its flash; it is off then."""
        self.board.power_cut()
        return self.board.files().get(name)

    def again(self) -> int:
        """A power cut, and power; gives `since`."""
        since = self.since()
        self.board.power_cut()
        self.board.start()
        return since

    def _show(self, line: str) -> None:
        super()._show(line)
        with suppress(ValueError, TypeError):
            told = json.loads(line)
            self._tell(told.pop("event"), **told)


def request(at: str, head: bytes) -> bytes:
    """The whole answer to these bytes; b"" where nobody answers."""
    host, _, port = at.rpartition(":")
    got = b""
    with suppress(OSError), socket.create_connection((host, int(port)), PATIENCE_S) as client:
        client.sendall(head)
        while piece := client.recv(65536):
            got += piece
    return got


def asked(at: str, host: str = "", origin: str = "", **query: str) -> Any:
    """The JSON answer to a command of the portal; None where there is none."""
    text = urllib.parse.urlencode(query, quote_via=urllib.parse.quote)
    head = "GET /?%s HTTP/1.1\r\nHost: %s\r\n" % (text, host or at)
    if origin:
        head += "Origin: %s\r\n" % origin
    answer = request(at, head.encode() + b"\r\n").partition(b"\r\n\r\n")[2]
    return json.loads(answer) if answer else None


def answered(at: str, host: str = "", origin: str = "", **query: str) -> Any:
    """The JSON answer to a command that is one to be answered. The portal gives each client a few
    seconds, as a phone does it: on a busy machine a client asks again."""
    until = time.monotonic() + PATIENCE_S
    while (answer := asked(at, host, origin, **query)) is None:
        assert time.monotonic() < until
    return answer
