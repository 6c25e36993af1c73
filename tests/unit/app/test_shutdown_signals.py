"""The signals that end a command: it must have time to end its child processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from app import shutdown_signals
from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[3]
ALL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in ALL}
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the parent of the tests may ignore it
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_by_an_exception(number: int) -> None:
    shutdown_signals.watch()
    with pytest.raises(SystemExit) as ended:
        os.kill(os.getpid(), number)
    assert ended.value.code == 128 + number


def test_the_second_of_two_disturbs_nobody_who_tidies_up(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    # Of this module only: else the event loop of another thread may sleep for hours.
    monkeypatch.setattr(shutdown_signals, "time", SimpleNamespace(monotonic=lambda: now[0]))
    shutdown_signals.watch()
    with pytest.raises(SystemExit):
        os.kill(os.getpid(), signal.SIGHUP)
    os.kill(os.getpid(), signal.SIGTERM)
    now[0] = 5.0
    with pytest.raises(SystemExit):  # a repeat seconds later ends it
        os.kill(os.getpid(), signal.SIGTERM)


def test_under_nohup_a_closed_terminal_is_nothing() -> None:
    assert shutdown_signals.signals() == ALL
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    assert shutdown_signals.signals() == ALL[:2]
    shutdown_signals.watch()
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


def children(pid: int) -> set[int]:
    """Return the processes with that parent (proc(5): the fourth field of stat)."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        if int(fields[1]) == pid:
            found.add(int(stat.parent.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_shell_takes_its_thing_along(number: int, tmp_path: Path) -> None:
    shell = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "shell", "--json", "-"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert shell.stdin
    assert shell.stdout
    with shell:
        shell.stdin.write("state\nuntil setup\n")  # it never gets there
        shell.stdin.close()
        assert '"boot"' in shell.stdout.readline()
        things = children(shell.pid)
        shell.send_signal(number)
        assert shell.wait(PATIENCE_S) == 128 + number
    assert len(things) == 1
    assert not any(Path("/proc/%d" % thing).exists() for thing in things)
    assert list(tmp_path.iterdir()) == []
