"""A battery Thing on a simulated ESP32: wake after wake, one after a power cut, one with a new OS.

A few wakes are tried with each change, 200 by `tox -e soak` before a release. Sleeps are cut short,
and the board's clock goes on as if they had not been.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from typing import Any

import pytest

from app.demo.updates import UpdateSteps
from tests.e2e.conftest import TID, World

WAKES = int(os.environ.get("PYTHINGS_WAKES", "4"))
MANY = 50
WORK_S, EXCHANGE_S = 600, 1200
DAY_S = 86400

pytestmark = [
    pytest.mark.timeout(3600),
    pytest.mark.skipif(
        importlib.util.find_spec("micropython_unix") is None,
        reason="MicroPython's unix port is not installed",
    ),
]

# It counts its calls in a file, and those since the last power-on in the RTC's memory.
APP = {
    "worker_task.py": """\
import machine


class WorkerTask:
    def call(self):
        rtc = machine.RTC()
        kept = int(rtc.memory() or b"0") + 1
        rtc.memory(str(kept).encode())
        try:
            with open("calls") as file:
                number = int(file.read())
        except OSError:
            number = 0
        with open("calls", "w") as file:
            file.write(str(number + 1))
        return {"number": number + 1, "kept": kept}
""",
    "management_task.py": """\
class ManagementTask:
    def call(self, data):
        return data
""",
}


class Wakes:
    """The sleeps of a board, one after the other; `found`: their events."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.found: list[dict[str, Any]] = []
        self._at = 0

    def next(self) -> None:
        """Wait until the board sleeps again."""
        child = self.world.thing
        event = child.wait_for(
            "sleep %d" % len(self.found),
            lambda event: event["event"] == "board_asleep",
            self.world.patience,
            self._at,
        )
        self._at = child.events.index(event, self._at) + 1
        self.found.append(event)

    def until(self, count: int) -> None:
        """Wait for so many sleeps in all."""
        while len(self.found) < count:
            self.next()


@pytest.fixture
def board() -> Iterator[tuple[World, UpdateSteps]]:
    """Yield a cloud with an App, and a board that runs it by battery."""
    world = World()
    world.board = "esp32"
    with world:
        updates = UpdateSteps(
            world,
            lambda admin: admin.thing(TID),
            lambda wanted: world.set(**wanted),
        )
        world.open("--dist", str(updates.releases.dist))
        world.commit(APP)
        intervals = {"management_interval": str(EXCHANGE_S), "worker_interval": str(WORK_S)}
        world.set(battery_operated=True, **intervals)
        world.start("--trust", str(updates.releases.trust))
        world.thing_tells("a board", event="board_started")
        world.order("naps 100")
        yield world, updates


def test_wake_after_wake(board: tuple[World, UpdateSteps]) -> None:
    world, updates = board
    wakes = Wakes(world)
    wakes.until(WAKES // 2)
    while not of(world, "resumed"):  # later, if it registered as a new part of the day began
        wakes.next()
    world.order("naps 600000")
    wakes.next()
    world.order("power cycle")  # while it sleeps
    world.order("naps 100")
    if WAKES >= MANY:
        updates.good()
    message = world.admin.send_message(TID, "hello")
    assert world.reply(message) == "hello"
    wakes.until(WAKES)
    rows = world.readings(WAKES - 2)
    numbers = sorted(row["msg"]["number"] for row in rows)
    assert numbers == list(range(1, len(numbers) + 1))  # none lost, none twice
    assert max(row["msg"]["kept"] for row in rows) > 1  # the OS leaves the app's memory alone
    boots = [event["cause"] for event in of(world, "boot")]
    assert boots.count("power_on") == 2
    assert {"crash", "watchdog"}.isdisjoint(boots)
    assert len(of(world, "resumed")) >= WAKES // 4  # every other wake needs no network at all
    show(wakes.found)


def of(world: World, kind: str) -> list[dict[str, Any]]:
    """Return the board's events of a kind so far."""
    return [event for event in world.thing.events if event["event"] == kind]


def show(sleeps: list[dict[str, Any]]) -> None:
    """Print the energy proxy: the median of a wake with and without an exchange, and of a day."""
    radio = sorted((e["radio_ms"], e["awake_ms"]) for e in sleeps if e["radio_ms"])
    silent = sorted(e["awake_ms"] for e in sleeps if not e["radio_ms"])
    assert radio
    assert silent
    on_ms, awake_ms = radio[len(radio) // 2]
    off_ms = silent[len(silent) // 2]
    a_day = DAY_S // EXCHANGE_S
    print(
        "\n%d sleeps; a wake with an exchange: awake %.2f s, radio %.2f s; without: awake %.2f s;"
        " a day: awake %.0f s, radio %.0f s of %d s"
        % (
            *(len(sleeps), awake_ms / 1000, on_ms / 1000, off_ms / 1000),
            *((awake_ms + off_ms) * a_day / 1000, on_ms * a_day / 1000, DAY_S),
        )
    )
