"""Simulated boards that run the generated OS, and requests to their setup portals."""

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
    """Mark a test that runs the OS in simulated boards: it is slow and needs MicroPython."""
    missing = pytest.mark.skipif(not INSTALLED, reason="MicroPython's unix port is not installed")
    return pytest.mark.slow(missing(test))


class Board(Bench):
    """A context manager: a simulated board with the OS installed and `files` beside it."""

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
        """Return the position from which `event` sees new events only."""
        return len(self.events)

    def file(self, name: str) -> bytes | None:
        """Cut the power and return the content of a file in flash, or None."""
        self.board.power_cut()
        return self.board.files().get(name)

    def again(self) -> int:
        """Cut the power, start again, and return `since` from before the cut."""
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
    """Return the whole answer to these bytes; b"" where none comes."""
    host, _, port = at.rpartition(":")
    got = b""
    with suppress(OSError), socket.create_connection((host, int(port)), PATIENCE_S) as client:
        client.sendall(head)
        while piece := client.recv(65536):
            got += piece
    return got


def asked(at: str, host: str = "", origin: str = "", **query: str) -> Any:
    """Return the JSON answer to a command of the portal, or None without an answer."""
    text = urllib.parse.urlencode(query, quote_via=urllib.parse.quote)
    head = "GET /?%s HTTP/1.1\r\nHost: %s\r\n" % (text, host or at)
    if origin:
        head += "Origin: %s\r\n" % origin
    answer = request(at, head.encode() + b"\r\n").partition(b"\r\n\r\n")[2]
    return json.loads(answer) if answer else None


def answered(at: str, host: str = "", origin: str = "", **query: str) -> Any:
    """Return the JSON answer to a command that the portal must answer.

    The portal gives each client a few seconds. On a busy machine a client retries, as a phone does.
    """
    until = time.monotonic() + PATIENCE_S
    while (answer := asked(at, host, origin, **query)) is None:
        assert time.monotonic() < until
    return answer
