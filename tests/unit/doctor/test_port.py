"""Probing a serial port: a pseudo-terminal, with MicroPython's own prompt or without."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import pty
import subprocess
import sys
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli.doctor import main
from app.doctor import port as ports
from tests.unit.doctor.ports import PROMPT
from tests.unit.simulator.conftest import INSTALLED


@pytest.fixture
def line(tmp_path: Path) -> Iterator[tuple[int, str]]:
    """Yield the other end of the line, and the port's name."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


@pytest.mark.skipif(not INSTALLED, reason="MicroPython's unix port is not installed")
def test_a_prompt_is_asked(line: tuple[int, str], tmp_path: Path, capsys) -> None:
    master, name = line
    process = subprocess.Popen(
        [sys.executable, "-c", PROMPT],
        cwd=tmp_path,
        stdin=master,
        stdout=master,
        stderr=master,
        start_new_session=True,
    )
    try:
        status = main(["--port", name, "--json"])
    finally:
        process.kill()
        process.wait()
    told = json.loads(capsys.readouterr().out)
    assert (status, told["runs"]) == (1, False)
    assert (told["facts"]["name"], told["facts"]["platform"]) == ("micropython", "linux")
    assert told["facts"]["heap"][0] > 0
    assert told["findings"][0]["do"].endswith("on Linux: pythings run")


def test_nobody_answers(line: tuple[int, str], monkeypatch, capsys) -> None:
    monkeypatch.setattr(ports, "_MAX_S", 0.2)
    assert main(["--port", line[1]]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "no answer at %s: could not enter raw repl - is it the" % line[1] in said.err


def test_a_port_that_another_program_has_open(line: tuple[int, str], capsys, monkeypatch) -> None:
    monkeypatch.setattr(ports, "_BUSY_S", 0.0)
    other = os.open(line[1], os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        assert main(["--port", line[1]]) == 1
    finally:
        os.close(other)
    assert "%s is busy - close the other program" % line[1] in capsys.readouterr().err


def test_a_port_that_another_program_looks_at(line: tuple[int, str], monkeypatch) -> None:
    other = os.open(line[1], os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    waits = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            os.close(other)

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(time, "monotonic", lambda: sum(waits))
    ports.openable(line[1], 115200)
    assert len(waits) == 3


def test_a_port_that_is_not_there(tmp_path: Path, capsys) -> None:
    assert main(["--port", str(tmp_path / "ttyUSB0")]) == 1
    assert "there is no %s/ttyUSB0 - plug the board in" % tmp_path in capsys.readouterr().err


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.EACCES, "no permission for P - add yourself to its group"),
        (errno.EBUSY, "P is busy"),
        (errno.EIO, "P cannot be opened: [Errno 5] gone"),
    ],
)
def test_why_a_port_cannot_be_opened(number: int, says: str) -> None:
    # A direct call, since the superuser, a possible user of this test, is refused nothing.
    assert says in ports._why("P", OSError(number, "gone"))
    assert "P cannot be opened: ValueError" in ports._why("P", ValueError())
