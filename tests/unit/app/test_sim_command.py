"""`pythings sim` in the foreground: it leaves the process's signals as they were."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from app.cli import sim
from app.simulator.console import SimConsole
from app.simulator.script import Script


@pytest.fixture(autouse=True)
def handlers():
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def session(root: Path) -> sim._Session:
    board: Any = None  # it does not get that far
    return sim._Session(board, root, SimConsole(sys.stdout, False, 0), False, Script(None))


def test_without_a_control_file_no_descriptor_and_no_wakeup_is_left(tmp_path, capsys):
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = signal.set_wakeup_fd(writing)
    try:
        opened = os.listdir("/proc/self/fd")
        assert session(tmp_path / "missing").run() == 1
        assert "control cannot be made: No such file" in capsys.readouterr().err
        (tmp_path / "control").mkdir()
        assert session(tmp_path).run() == 1
        assert os.listdir("/proc/self/fd") == opened
        assert signal.set_wakeup_fd(before) == writing
    finally:
        signal.set_wakeup_fd(before)
        os.close(reading)
        os.close(writing)
