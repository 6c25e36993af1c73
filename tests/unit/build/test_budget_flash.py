"""The reads of a board's flash, against the promised limits."""

from __future__ import annotations

import importlib.util
import json

import pytest

from build import budget, budget_flash

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("micropython_unix") is None,
    reason="MicroPython's unix port is not installed",
)


def test_a_start_and_a_cycle_read_no_more_than_promised() -> None:
    found = budget_flash.measure("esp32")
    limits = json.loads(budget.BUDGET.read_text(encoding="ascii"))["limits"]["esp32"]
    assert found["flash_boot"] > 100_000  # the OS itself is so long: it is counted at all
    assert {name: found[name] for name in limits if found[name] > limits[name]} == {}
