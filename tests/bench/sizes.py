"""Bytes, heap and stack of the boards, as the budget's last run has recorded them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figure import Figure

_BUDGET = Path(__file__).resolve().parents[2] / "build" / "budget_device.json"
# (board, name in the budget, name here, unit, predecessor's)
_ROWS = (
    ("esp8266", "mpy", "ESP8266: all of the OS as `.mpy`", "B", 19365),
    ("esp8266", "mpy_run", "ESP8266: of it loaded in `run`", "B", None),
    ("esp8266", "lx106_heap_os", "ESP8266: heap of an OS update", "B", None),
    ("esp8266", "lx106_run", "ESP8266: C stack in `run`", "B", None),
    ("esp8266", "lx106_update_os", "ESP8266: C stack of an OS update", "B", None),
    ("micropython", "words_mpy", "smallest heap from `.mpy` files, 64-bit build", "w", 17888),
    ("esp32", "flash_boot", "ESP32: flash read from power-on to `boot`", "B", None),
    ("esp32", "flash_cycle", "ESP32: flash read in a management cycle", "B", None),
)


def measure() -> Iterator[Figure]:
    """Yield the recorded figures; `python -m build budget` measures them anew."""
    budget = json.loads(_BUDGET.read_text(encoding="utf-8"))
    for board, key, name, unit, before in _ROWS:
        value = budget["recorded"].get(board, {}).get(key)
        if value is not None:
            goal = budget["goals"].get(board, {}).get(key)
            limit = budget["limits"].get(board, {}).get(key)
            yield Figure(name, value, unit, before, most=goal or limit)
