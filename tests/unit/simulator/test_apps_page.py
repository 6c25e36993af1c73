"""The examples of docs/apps.md, each on the simulated boards that it is for."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from app.simulator.host import ON
from tests.patience import PATIENCE_S
from tests.unit.simulator.conftest import Bench, Make

pytestmark = pytest.mark.slow  # MicroPython is what runs here, on whichever Python

PAGE = Path(__file__).resolve().parents[3] / "docs" / "apps.md"

# Calls the worker once for each line that is typed, and shows what comes of it.
MAIN = """\
import json, sys
import worker_task
task = worker_task.WorkerTask()
print("ready")
while sys.stdin.readline():
    try:
        result = task.call()
    except Exception as error:
        result = "%s: %s" % (type(error).__name__, error)
    print("returned", json.dumps(result))
"""

Step = tuple[list[str], object]


class Example:
    """An app, what is wired up before, and what its calls give after which commands."""

    def __init__(self, title: str, wiring: list[str], app: str) -> None:
        self.title, self.wiring, self.app = title, wiring, app
        self.boards = ["esp32", "esp8266"]
        self.steps: list[Step] = []


def examples() -> list[Example]:
    """Blocks in their order: text, python, then json, or text and json, as often as it says."""
    found: list[Example] = []
    title, boards, commands = "", ["esp32", "esp8266"], []
    for line, kind, body in re.findall(
        r"(?ms)^((?:## |On an ESP)[^\n]*)$|^```(\w+)\n(.*?)^```", PAGE.read_text(encoding="utf-8")
    ):
        if line.startswith("## "):
            title, boards = line[3:], ["esp32", "esp8266"]
        elif line:
            boards = [line[len("On an ") : -1].lower()]
        elif kind == "text":
            commands = body.splitlines()
        elif kind == "python":
            found.append(Example(title, commands, body))
            found[-1].boards, commands = boards, []
        elif kind == "json":
            found[-1].steps.append((commands, json.loads(body)))
            commands = []
    return found


EXAMPLES = examples()
CASES = [(one, board) for one in EXAMPLES for board in one.boards]


def test_the_page_has_an_example_for_each_kind_of_part() -> None:
    from app.simulator.parts.wiring import KINDS

    wired = {line.split()[2] for one in EXAMPLES for line in one.wiring if line}
    assert wired == set(KINDS)
    assert all(one.steps for one in EXAMPLES)
    assert len(EXAMPLES) >= 9


@pytest.mark.parametrize(
    ("example", "board"), CASES, ids=["%s, %s" % (one.title[:20], at) for one, at in CASES]
)
def test_an_example_of_the_page(make: Make, example: Example, board: str) -> None:
    bench = make(board)
    for line in example.wiring:
        bench.board.control(line)
    bench.load(MAIN, worker_task=example.app)
    bench.board.start()
    ready = 1
    bench.printed("ready")
    for commands, wanted in example.steps:
        for line in commands:
            bench.board.control(line)
            if line in ("reset", "power cycle"):
                ready += 1
                bench.printed("ready", ready)
        assert wanted == call(bench, wanted), bench.lines
    assert bench.board.state == ON


def call(bench: Bench, wanted: object) -> object:
    """What the worker returns; once more while it is not that, as an interval would. By time and
    not by count: a DHT22 wants two seconds, in which a quick machine asks thousands of times."""
    result: object = None
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        before = sum(line.startswith("returned") for line in bench.lines)
        bench.board.type("")
        bench._wait(lambda n=before: count(bench) > n, "returned")  # type: ignore[misc]
        last = [line for line in bench.lines if line.startswith("returned")][-1]
        result = json.loads(last[len("returned ") :])
        if result == wanted:
            return result
    return result


def count(bench: Bench) -> int:
    """Results so far."""
    return sum(line.startswith("returned") for line in list(bench.lines))
