"""Boards to try things on, with their output and events."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from app.simulator.host import OFF, PROMPT, SimBoard
from tests.patience import PATIENCE_S

INSTALLED = all(importlib.util.find_spec(name) for name in ("micropython_unix", "littlefs"))


class Bench:
    """A board with all lines that it prints and all events that it reports."""

    def __init__(self, name: str, root: Path, **options: Any) -> None:
        self.lines: list[str] = []
        self.events: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self.board = SimBoard(name, root, self._tell, self._show, **options)

    def run(self, program: str, **files: str) -> list[str]:
        """Run a program with power until it ends; return the printed lines."""
        self.load(program, **files)
        self.board.start()
        self.board.wait(PROMPT, OFF, timeout=PATIENCE_S)
        self.board.power_cut()
        return self.lines

    def load(self, program: str, **files: str) -> None:
        """Put a program on the board, which is off."""
        texts = {"main.py": program, **{name + ".py": text for name, text in files.items()}}
        self.board.put({name: text.encode() for name, text in texts.items()})

    def begin(self, program: str) -> None:
        """Put a program on the board and turn the power on."""
        self.load(program)
        self.board.start()

    def interrupt(self) -> None:
        """Press Ctrl-C on its console."""
        life = self.board.supervisor._life
        assert life
        self.board.supervisor.order(life.interrupt)

    def printed(self, line: str, count: int = 1) -> None:
        """Wait until the board has printed that line `count` times."""
        self._wait(lambda: self.lines.count(line) >= count, line)

    def event(self, name: str, since: int = 0, **fields: Any) -> dict[str, Any]:
        """Wait for such an event of the board, from event number `since` on; return it."""
        found: list[dict[str, Any]] = []

        def look() -> bool:
            wanted = {"event": name, **fields}
            found.extend(
                event
                for event in self.events[since:]
                if all(event.get(key) == value for key, value in wanted.items())
            )
            return bool(found)

        self._wait(look, name)
        return found[0]

    def causes(self) -> list[str]:
        """Return the cause of each start."""
        return [event["cause"] for event in self.events if event["event"] == "board_reset"]

    def _wait(self, look: Callable[[], bool], what: str) -> None:
        with self._news:
            assert self._news.wait_for(look, PATIENCE_S), (what, self.lines, self.events)

    def _tell(self, event: str, **fields: Any) -> None:
        with self._news:
            self.events.append({"event": event, **fields})
            self._news.notify_all()

    def _show(self, line: str) -> None:
        with self._news:
            self.lines.append(line)
            self._news.notify_all()


Make = Callable[..., Bench]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Yield a function that makes boards: (name, root, options)."""
    if not INSTALLED:
        pytest.skip("MicroPython's unix port is not installed")
    made: list[Bench] = []

    def bench(name: str = "esp32", root: str = "board", **options: Any) -> Bench:
        found = Bench(name, tmp_path / root, **options)
        found.board.control("delay 40")
        made.append(found)
        return found

    yield bench
    for found in made:
        found.board.close()


@pytest.fixture
def esp32(make: Make) -> Bench:
    """Return an ESP32 of the newest firmware."""
    return make("esp32")


@pytest.fixture
def esp8266(make: Make) -> Bench:
    """Return an ESP8266 of the newest firmware."""
    return make("esp8266")
