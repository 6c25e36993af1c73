"""The console after an installation: until the Thing runs, or the reason why it does not."""

from __future__ import annotations

import os
import pty
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.install.console import BoardWatch, until_it_runs
from app.install.errors import InstallError
from app.shell.connection import SerialConnection

RUNS = b'{"event": "state", "old": "register", "new": "run"}\r\n'


@pytest.fixture
def line() -> Iterator[tuple[int, str]]:
    """Yield the board's end of a line, and the port's name."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


@contextmanager
def saying(master: int, text: bytes) -> Iterator[None]:
    """Say a text again and again: bytes from before the port was open are gone."""
    done = threading.Event()

    def say() -> None:
        while not done.wait(0.05):
            os.write(master, text)

    thread = threading.Thread(target=say)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_it_ends_when_the_thing_runs(line: tuple[int, str]) -> None:
    shown: list[str] = []
    with saying(line[0], b"rst:0x1 \x1b[2J\r\n" + RUNS):
        until_it_runs(line[1], 60, shown.append, restart=True)
    assert "rst:0x1 \\x1b[2J" in shown
    assert '"run"' in shown[-1]


def test_a_port_that_comes_back(line: tuple[int, str], tmp_path, monkeypatch) -> None:
    """A chip with USB of its own leaves the port when it restarts."""
    port = tmp_path / "ttyACM0"
    tries = []
    open_it = SerialConnection.open

    def opened(connection: SerialConnection) -> None:
        tries.append(connection.port)
        if len(tries) == 2:
            port.symlink_to(line[1])
        open_it(connection)

    monkeypatch.setattr(SerialConnection, "open", opened)
    with saying(line[0], RUNS):
        until_it_runs(str(port), 60, lambda text: None)
    assert len(tries) == 2


def test_a_port_that_does_not_come_back(tmp_path) -> None:
    with pytest.raises(InstallError, match="within 0 s: .*ttyACM0 cannot be opened"):
        until_it_runs(str(tmp_path / "ttyACM0"), 0.1, lambda text: None)


def test_silence(line: tuple[int, str]) -> None:
    with pytest.raises(InstallError, match="nothing came from the board - press its reset"):
        until_it_runs(line[1], 0.1, lambda text: None)


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("setup", "open http://192.168.4.1"),
        ("connect", "look at the name and the password"),
        ("register", "does not take it"),
        ("recover", "pythings doctor"),
    ],
)
def test_the_state_says_what_to_do(state: str, says: str) -> None:
    watch = BoardWatch(lambda text: None)
    for text in ("noise", "[1]", '{"event": "state", "new": "%s"}' % state, "{"):
        watch.line(text)
    assert says in watch.remedy()
