"""Child processes end with their parent, however that ends."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from app import cli

PROJECT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.skipif(
    not hasattr(os, "pidfd_open"), reason="only Linux tells a process of its parent's end"
)

# Started where the thread ends at once: that is not the end of its process.
PARENT = """\
import signal, sys, threading
from app.demo.processes import Child
from tests.patience import PATIENCE_S
found = []
def start():
    found.append(Child(["modem", "--tcp", "0"]))
    found[0].wait_for("a start", lambda event: event["event"] == "listening", PATIENCE_S)
thread = threading.Thread(target=start)
thread.start()
thread.join()
print(found[0].pid, flush=True)
for line in sys.stdin:
    print(found[0].last_words(), flush=True)
"""


def test_a_child_ends_with_a_parent_that_is_killed():
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdin and parent.stdout
        pid = int(parent.stdout.readline())
        child = os.pidfd_open(pid)
        try:
            parent.stdin.write("?\n")
            parent.stdin.flush()
            assert parent.stdout.readline().startswith("modem runs")
            assert select.select([child], [], [], 0)[0] == []
            parent.kill()
            assert select.select([child], [], [], 30)[0] == [child]
        finally:
            os.close(child)


def test_a_child_whose_parent_was_gone_before_it_could_ask():
    environment = {**os.environ, "PYTHINGS_PARENT": "1"}
    command = [sys.executable, "-m", "app.cli", "--version"]
    ended = subprocess.run(command, env=environment, cwd=PROJECT, capture_output=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, b"")


def test_it_is_told_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """The variable is removed: a process that the child starts has another parent."""
    bound: list[int] = []
    monkeypatch.setattr("app.process_lifetime.end_with", bound.append)
    monkeypatch.setenv("PYTHINGS_PARENT", "17")
    assert cli.main(["--version"]) == 0
    assert bound == [17]
    assert "PYTHINGS_PARENT" not in os.environ
    assert cli.main(["--version"]) == 0
    assert bound == [17]
