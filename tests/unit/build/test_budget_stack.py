"""The stack figures computed from the depths that the functions of an OS report."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from build import budget_stack, budget_watch, lx106
from build.slim.model import SlimError


def deep(count: int, at: str) -> dict[str, Any]:
    return {"event": "depth", "bytes": count, "at": at}


def test_each_phase_has_the_deepest_of_its_steps() -> None:
    step = deep(100, "domain_runner__Runner.step")
    life = [
        deep(50, "import start"),
        step,
        deep(300, "a"),
        {"event": "state", "new": "run"},
        step,
        deep(700, "b"),
        step,
        deep(400, "domain_app_app__App.work"),
        deep(500, "c"),
        {"event": "state", "new": "update"},
        step,
        deep(900, "d"),
        {"event": "confirmed", "app": "none"},
        {"event": "state", "new": "run"},
        {"event": "confirmed", "app": "one"},
        {"event": "state", "new": "update"},
        step,
        deep(800, "e"),
    ]
    told: list[str] = []
    found = budget_stack.Depths(told.append).of(iter(life))
    assert found == {"boot": 300, "run": 700, "update_app": 900, "update_os": 800}
    assert told[1] == "run\n       100 domain_runner__Runner.step\n       700 b\n"


def test_a_second_path_on_the_stack_is_the_unix_ports_own() -> None:
    step = deep(1400, "domain_runner__Runner.step")
    life = [step, deep(3000, "a"), deep(5000, "readblocks"), deep(8800, "readblocks")]
    assert budget_stack.Depths(str).of(iter([*life, deep(9000, "readblocks")])) == {"boot": 5000}


def test_a_timer_is_part_of_what_a_board_needs() -> None:
    phases = ("boot", "connect", "register", "run", "update_app", "update_os")
    found = budget_stack.figures(dict.fromkeys(phases, 5000), 700)
    assert found["stack_boot"] == 5000
    assert found["lx106_boot"] == lx106.stack(5700)
    with pytest.raises(SlimError, match="no update_os"):
        budget_stack.figures(dict.fromkeys(phases[:-1], 5000), 700)


def test_the_timers_cost_is_taken_from_the_life() -> None:
    depths = budget_stack.Depths(str)
    depths.of(iter([{"event": "timer", "bytes": 736}]))
    assert depths.timer == 736


def test_imports_tell_when_they_begin_and_end() -> None:
    told = budget_watch.imports_told("import os\nx = __import__('y').z\n")
    assert told.splitlines() == [
        "_p_(3968)",
        "import os",
        "_p_(-3968)",
        "x = (_p_(3968), __import__('y'), _p_(-3968))[1].z",
    ]
    ast.parse(told)


def test_each_function_looks_by_the_name_that_its_source_has() -> None:
    made, known = budget_watch.watched("esp8266")
    names = ("domain_runner__Runner.step", "domain_states_run__Run.act")
    assert {*names, "adapters_esp8266_hardware__Esp8266Hardware._tick"} <= set(known.values())
    assert made.start["main.py"].startswith(b"from micropython import schedule, stack_use\n")
    assert "_s_(" in made.sources["pt_run"]
    assert "_s_(" not in made.sources["pt_portal"]
    assert "pt_shell" not in made.sources
