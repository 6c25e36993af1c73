"""What is made of how deep the functions of an OS say they are."""

from __future__ import annotations

from typing import Any

from build import budget_stack


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
        deep(400, "domain_app__App.work"),
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
    found = budget_stack._Depths(told.append).of(iter(life))
    assert found == {
        "stack_start": 300,
        "stack_run": 700,
        "stack_worker": 500,
        "stack_update_app": 900,
        "stack_update_os": 800,
    }
    assert told[1] == "run\n       100 domain_runner__Runner.step\n       700 b\n"


def test_each_function_looks_by_the_name_that_its_source_has() -> None:
    made, known = budget_stack._watched("esp8266")
    names = ("domain_runner__Runner.step", "domain_run__Run.act")
    assert {*names, "adapters_esp8266_hardware__Esp8266Hardware._tick"} <= set(known.values())
    assert made.start["main.py"].startswith(b"from micropython import stack_use\n")
    assert "_s_(" in made.sources["pt_run"]
    assert "_s_(" not in made.sources["pt_portal"]
    assert "pt_shell" not in made.sources
