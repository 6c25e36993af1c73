"""Apps that disturb the OS they run in, on the real MicroPython of a simulated ESP32.

Each is deployed past all checks; after any of them the board must take the next version.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import Any

from app.demo import apps
from app.demo.processes import NotSeen
from tests.e2e.conftest import no_reading_missing
from tests.fault.boards import Board
from tests.fault.scenarios import NEW, OLD, Played
from tests.fault.world import Broken, Watch
from tests.patience import PATIENCE_S
from tests.unit.micropython.hostile import MANAGEMENT, WAYS, WORKER

_AT_ONCE = 5
_FOLDER = "FOLDER = __file__.rsplit('/', 1)[0]"
# Each of these events shows that the app has had its effect.
_SEEN = ("app_fault", "taken_back", "app_left_out", "fault")


def ways() -> list[str]:
    """Return the names of those that a cloud can serve: its files have no folders."""
    return [name for name in WAYS if not any("/" in file for file in WAYS[name][2])]


def cases(quick: bool) -> Iterator[str]:
    """Yield `app:numbers` of ways, played in turn on one board; none without MicroPython."""
    if quick or importlib.util.find_spec("micropython_unix") is None:
        return
    numbers = [str(number) for number in range(len(ways()))]
    for at in range(0, len(numbers), _AT_ONCE):
        yield "app:" + ",".join(numbers[at : at + _AT_ONCE])


def play(case: str, watch: Watch | None = None) -> Played:
    """Play one case; raise `Broken` if the Thing violates a guarantee."""
    with Board(watch) as board:
        outcomes = [strike(board, ways()[int(number)]) for number in case.split(":")[1].split(",")]
        no_reading_missing([row for row in board.readings(1) if _good(row)])
        return Played(NEW if NEW in outcomes else OLD, len(outcomes))


def strike(board: Board, name: str) -> str:
    """Deploy a hostile app, and then a good one; return NEW if the first one was confirmed."""
    board.say("FAULT", what=name)
    first, call, files = WAYS[name]
    worker = WORKER.replace("FOLDER = %r", _FOLDER) % (first, call)
    since = board.since()
    version = board.commit({"worker_task.py": worker, "management_task.py": MANAGEMENT, **files})
    try:
        seen = board.thing.wait_for(
            name,
            lambda event: (
                event.get("app") == version
                and event["event"] == "confirmed"
                or event["event"] in _SEEN
            ),
            PATIENCE_S,
            since,
        )
        good = board.commit(apps.good("behind"))
        board.confirmed(good, board.since() - 1)
        board.more_readings(1)
    except NotSeen as error:
        raise Broken("it does not come back: %s: %s" % (name, str(error)[:400])) from None
    board.say("BACK", behind=name, seen=seen["event"])
    return NEW if seen["event"] == "confirmed" else OLD


def _good(row: dict[str, Any]) -> bool:
    return isinstance(row["msg"], dict) and "run" in row["msg"]
