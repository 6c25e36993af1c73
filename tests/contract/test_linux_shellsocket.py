"""The debug shell's socket on Linux: for its owner only, and never blocking."""

from __future__ import annotations

import json
import os
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from adapters.linux.shellsocket import ShellSocket, short
from tests.patience import PATIENCE_S

Call = Callable[[], socket.socket]


@pytest.fixture
def door(tmp_path: Path) -> Iterator[ShellSocket]:
    found = ShellSocket(str(tmp_path))
    assert found.open() == ""
    yield found
    found.close()


@pytest.fixture
def call(tmp_path: Path) -> Iterator[Call]:
    clients: list[socket.socket] = []

    def connect() -> socket.socket:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        clients.append(client)
        with short(str(tmp_path / "shell")) as path:
            client.connect(path)
        return client

    yield connect
    for client in clients:
        client.close()


def test_it_is_its_owners_only_and_gone_at_the_end(tmp_path: Path):
    mask = os.umask(0)
    os.umask(mask)
    door = ShellSocket(str(tmp_path))
    assert door.open() == ""
    assert stat.S_IMODE((tmp_path / "shell").stat().st_mode) == 0o600
    assert os.umask(mask) == mask
    again = ShellSocket(str(tmp_path))
    assert again.open() == ""  # in spite of a socket left by a killed run
    again.close()
    door.close()
    door.close()
    assert not (tmp_path / "shell").exists()


def test_a_folder_far_down(tmp_path: Path):
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    door = ShellSocket(str(deep))
    assert door.open() == ""
    door.close()


def test_where_it_cannot_be(tmp_path: Path):
    assert "not offered" in ShellSocket(str(tmp_path / "nowhere")).open()
    (tmp_path / "shell").mkdir()
    assert "not offered" in ShellSocket(str(tmp_path)).open()


def test_lines_in_and_out(door: ShellSocket, call: Call):
    assert door.line() is None
    door.write("nobody hears this")
    door.event(20, "boot", {})
    client = call()
    client.sendall(b"one\ntw")
    assert door.line() == "one"
    assert door.line() is None
    client.sendall(b"o\n\xff\n")
    assert [door.line(), door.line(), door.line()] == ["two", "\ufffd", None]
    door.write("answer")
    door.event(20, "boot", {"os": "v2", "what": {1}})
    lines = client.recv(4096).splitlines()
    assert lines[0] == b"answer"
    assert json.loads(lines[1]) == {"event": "boot", "level": "info", "os": "v2", "what": "{1}"}


def test_a_line_without_end_comes_in_parts(door: ShellSocket, call: Call):
    client = call()
    client.sendall(b"x" * 5000 + b"\n")
    assert door.line() == "x" * 4096
    assert door.line() == "x" * 904


def test_the_newest_client_has_it(door: ShellSocket, call: Call):
    first = call()
    first.sendall(b"half")
    assert door.line() is None
    second = call()
    second.sendall(b"whole\n")
    assert door.line() == "whole"
    assert first.recv(10) == b""


def test_a_client_that_goes_and_one_that_comes(door: ShellSocket, call: Call):
    client = call()
    client.sendall(b"half")
    assert door.line() is None
    client.close()
    assert door.line() is None
    door.write("nobody")
    call().sendall(b"again\n")
    assert door.line() == "again"


def test_a_client_that_leaves_in_the_middle(door: ShellSocket, call: Call):
    client = call()
    assert door.line() is None
    client.close()
    for _ in range(3):
        door.write("x" * 1000)
    client = call()
    assert door.line() is None
    client.sendall(b"x\n")
    door.write("unread")
    client.close()  # with unread data, so that the other end is reset
    while door._client:
        door.line()


def test_a_client_that_does_not_read_is_let_go(door: ShellSocket, call: Call):
    client = call()
    assert door.line() is None
    for _ in range(40):
        door.write("x" * 60000)
    client.settimeout(10)
    got = 0
    while True:
        data = client.recv(1 << 20)
        if not data:
            break
        got += len(data)
    assert 0 < got < 40 * 60000


def test_a_client_that_reads_slowly_gets_all(door: ShellSocket, call: Call):
    client = call()
    assert door.line() is None
    for _ in range(10):
        door.write("x" * 60000)
    client.settimeout(10)
    got = 0
    while got < 10 * 60001:
        door.line()  # sends data that waits
        got += len(client.recv(1 << 20))
    assert got == 10 * 60001


def test_what_was_said_last_arrives_before_the_end(door: ShellSocket, call: Call):
    client = call()
    door.line()
    door.write("x" * 900_000)  # more than the kernel takes at once
    got: list[bytes] = []

    def read() -> None:
        while piece := client.recv(65536):
            got.append(piece)

    reader = threading.Thread(target=read)
    reader.start()
    door.close()
    reader.join(PATIENCE_S)
    assert len(b"".join(got)) == 900_001


class Slow:
    """A client that takes 1.5 s to read each piece, on a clock of its own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.got = 0
        self._timeout = 0.0

    def monotonic(self) -> float:
        return self.now

    def settimeout(self, seconds: float) -> None:
        self._timeout = seconds

    def send(self, data: bytes) -> int:
        self.now += 1.5
        if self._timeout < 1.5:
            raise TimeoutError
        self.got += len(data)
        return len(data)

    def sendall(self, data: bytes) -> None:
        end = self.now + self._timeout
        for at in range(0, len(data), 4096):
            if self.now + 1.5 > end:
                raise TimeoutError
            self.send(data[at : at + 4096])

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("pieces", "arrive"), [(8, 8), (1000, 14)])
def test_the_end_waits_for_a_slow_client_as_long_as_it_reads(
    door: ShellSocket, monkeypatch: pytest.MonkeyPatch, pieces: int, arrive: int
):
    """A recording would lose its last notes otherwise; but it waits 20 s at most."""
    client: Any = Slow()
    monkeypatch.setattr("adapters.linux.shellsocket.time", client)
    door._client, door._waiting = client, bytearray(pieces * 4096)
    door.close()
    assert client.got == arrive * 4096
