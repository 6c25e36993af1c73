"""The debug shell over a serial line, with the OS on MicroPython behind it."""

from __future__ import annotations

import os
import pty
import random
import subprocess
import sys
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.demo.processes import PROJECT
from app.shell import session as sessions
from app.shell.errors import Gone, ShellError
from app.shell.host import Host
from app.shell.mpremote import BoardConnection
from app.shell.session import ShellSession
from app.simulator.host import SimBoard
from app.simulator.system import install, parameters, release
from build.firmware.model import BoardRelease
from tests.e2e.cable import Cable
from tests.e2e.shells import shell
from tests.e2e.simulated import pytestmark  # noqa: F401
from tests.e2e.terminal import Terminal, installed
from tests.patience import PATIENCE_S


@pytest.fixture(scope="module")
def generated() -> BoardRelease:
    """Return the OS for the board; made once."""
    return release("micropython", True)


@pytest.fixture
def cable(tmp_path: Path, generated: BoardRelease) -> Iterator[Cable]:
    """Yield a cable to a board that runs."""
    found = Cable(tmp_path / "tty")
    root = tmp_path / "board"
    given = {"aid": "serial", "backend": "http://127.0.0.1:9"}
    with SimBoard("micropython", root, show=found.show) as board:
        install(board, generated, parameters(given, None, False), root)
        board.put({"board.json": b'{"shell": "open"}'})
        found.board = board
        board.start()
        yield found
        found.close()


@pytest.fixture
def logs() -> list[str]:
    return []


@pytest.fixture
def she(cable: Cable, logs: list[str], monkeypatch) -> Iterator[Host]:
    """Yield the debug shell of a person at the other end."""
    monkeypatch.setattr(sessions, "AGAIN_S", 0.3)
    session = ShellSession(BoardConnection(str(cable.path), 115200), logs.append, lambda _: None)
    session.start(held=False)
    yield Host(session, timeout=PATIENCE_S)
    session.close()


def do(she: Host, line: str) -> object:
    return she.run(line.split()).value


def test_the_command(cable: Cable, tmp_path: Path):
    port = ("--port", str(cable.path))
    assert "HELD" in shell(*port, "-c", "hold; state")
    (tmp_path / "note").write_text("x" * 500)
    said = shell(*port, "-c", "put %s; cat note; rm note; trace 1" % (tmp_path / "note"))
    assert "x" * 500 in said
    said = shell("--port", str(tmp_path / "nothing"), "-c", "state", status=1)
    assert "cannot be opened" in said


def test_garbage_and_half_lines(cable: Cable, she: Host):
    chance = random.Random(1)
    do(she, "hold")
    lines = 0

    def spoil(data: bytes) -> bytes:
        nonlocal lines
        lines += 1
        if lines % 4 == 1:
            return data[: len(data) // 2]  # the rest is lost
        if lines % 4 == 2:
            return bytes(chance.randrange(256) for _ in range(300)).replace(b"\x03", b"") + data
        return data

    cable.to_board = spoil
    before = do(she, "state")
    for _ in range(4):
        cable.noise(bytes(set(range(256)) - {3}) * 8)  # 3 is Ctrl-C
        cable.noise(b"\xc3\x02\xff" * 100)
        assert do(she, "state")["state"] == before["state"]  # type: ignore[index]
    do(she, "set pool north")
    assert do(she, "get pool") == "north"


def test_a_cable_that_is_pulled_and_put_back(cable: Cable, she: Host, logs: list[str]):
    do(she, "break register")
    cable.pull()
    with pytest.raises(Gone):
        she.session.request(["state"], 0.5)
    with pytest.raises(ShellError):
        she.session.request(["set", "pool", "lost"], 0.2)
    cable.plug()
    assert do(she, "break") == ["register"]
    assert do(she, "get pool") == ""
    do(she, "until register")
    assert any('"state"' in line for line in logs)


def test_a_board_that_starts_again(cable: Cable, she: Host):
    do(she, "hold")
    before = do(she, "state")["uptime_ms"]  # type: ignore[index]
    assert cable.board
    do(she, "auto")
    do(she, "log debug")
    cable.board.control("reset")
    cable.pull()  # as a USB port disappears when its board does
    cable.plug()
    assert do(she, "log") == {"level": "info"}
    assert do(she, "state")["uptime_ms"] > 0 < before  # type: ignore[index]


PROMPT = "from micropython_unix import main; main()"


@pytest.fixture
def prompt(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder with a serial port `tty` to MicroPython's own prompt, and its `flash`."""
    flash = tmp_path / "flash"
    flash.mkdir()
    master, slave = pty.openpty()
    tty.setraw(slave)
    (tmp_path / "tty").symlink_to(os.ttyname(slave))
    process = subprocess.Popen(
        [sys.executable, "-c", PROMPT],
        cwd=flash,
        stdin=master,
        stdout=master,
        stderr=master,
        start_new_session=True,
    )
    yield tmp_path
    process.kill()
    process.wait()
    for file in (master, slave):
        os.close(file)


def test_files_are_put_that_have_changed(prompt: Path):
    folder, flash = prompt / "mine", prompt / "flash"
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "x.py").write_text("x = 1\n")
    (folder / "same").write_bytes(bytes(range(256)) * 3)
    (flash / "same").write_bytes((folder / "same").read_bytes())
    said = shell("--port", str(prompt / "tty"), "-c", "sync %s" % folder)
    assert said == "app/x.py\n1 files changed\n"
    assert (flash / "app" / "x.py").read_text() == "x = 1\n"


def test_what_cannot_be_put(prompt: Path):
    port = ("--port", str(prompt / "tty"))
    assert "is no folder" in shell(*port, "-c", "sync /nowhere", status=1)
    assert "at a terminal" in shell(*port, "-c", "repl", status=1)
    (prompt / "mine").mkdir()
    (prompt / "mine" / "x").write_text("x")
    (prompt / "flash" / "x").mkdir()
    assert "x was not written" in shell(*port, "-c", "sync %s/mine" % prompt, status=1)


@pytest.mark.skipif(not installed(), reason="tmux is not installed: nobody can type here")
def test_micropythons_own_prompt(prompt: Path):
    command = [
        sys.executable,
        "-m",
        "app.cli",
        "shell",
        "--port",
        str(prompt / "tty"),
        "-c",
        "repl",
    ]
    she = Terminal(" ".join(command), prompt, PROJECT)
    try:
        she.shows("Ctrl-] leads back")
        she.type("print(6 * 7)", "Enter")
        she.shows("42")
        she.type("", "C-]")
        assert she.ended()
    finally:
        she.close()
