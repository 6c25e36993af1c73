"""The contract of consoles."""

from __future__ import annotations

import time
from typing import Callable

from ports.console import Console
from tests.patience import PATIENCE_S

# make(*lines) returns a console into which these lines are typed.
Make = Callable[..., Console]


def check_console(make: Make) -> None:
    """Run the contract on consoles made by `make`, see `Make`."""
    for check in CHECKS:
        check(make)


def tells_events(make: Make) -> None:
    console = make()
    for level in (10, 20, 30, 40):
        console.event(level, "boot", {})
        console.event(level, "link", {"kind": "wifi", "up": True, "rssi": -60, "x": None})
        console.event(
            level, "app_fault", {"text": "line one\nline two \u00e9", "at": [1, {"a": 2}]}
        )


def gives_lines(make: Make) -> None:
    console = make("status", "", "say caf\u00e9")
    lines: list[str] = []
    until = time.monotonic() + PATIENCE_S
    while len(lines) < 3 and time.monotonic() < until:
        line = console.line()
        if line is not None:
            lines.append(line)
    assert lines == ["status", "", "say caf\u00e9"]
    assert console.line() is None
    assert console.line() is None


CHECKS = (tells_events, gives_lines)
