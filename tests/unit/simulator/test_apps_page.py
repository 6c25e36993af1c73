"""The examples of docs/apps.md, each on the simulated boards that it is for."""

from __future__ import annotations

import json
import time

import pytest

from app.console.gallery import Example, examples
from app.simulator.host import ON
from tests.patience import PATIENCE_S
from tests.unit.simulator.conftest import Bench, Make

pytestmark = pytest.mark.slow  # MicroPython runs here, on every Python alike

# Calls the worker once for each typed line, and prints the result or the error.
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
    """Return the worker's result; call it again until it is the wanted one, as an interval would.
    By time and not by count: a DHT22 wants two seconds, in which a quick machine asks thousands of
    times."""
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
    """Return the number of results so far."""
    return sum(line.startswith("returned") for line in list(bench.lines))
