"""The bytes that a board reads of its flash, measured on the simulated board and a local cloud.

The OS lies in files on littlefs. Counted are the bytes that littlefs requests from its block
device, from power-on to the event `boot`, and then in a management cycle, with cycles that follow
each other and have nothing else to do.
"""

from __future__ import annotations

import contextlib
import queue
import tempfile
import time
from pathlib import Path
from typing import Any

from app.simulator.host import SimBoard
from app.simulator.modem import ModemOptions
from app.simulator.system import install, parameters, release
from build.budget_life import served
from build.slim.model import SlimError

BOARDS = ("esp32", "esp32_sim800")  # the boards with the OS in files

_LIMIT_S = 90
_CYCLES = 5
# littlefs appends to a folder's log until its block is full, then compacts it: each start reads
# more than the one before, some twelve times. The mean is over all starts between two compactions.
_MOST_STARTS = 60
_MODEM_SPEED = 50  # times as fast as a real one
_MARK = "a cycle"
_BOOTED = '"event": "boot"'

# The app of a cycle: it prints a mark when a cycle ends, and has no readings.
_APP = {
    "worker_task.py": "class WorkerTask:\n    def call(self):\n        pass\n",
    "management_task.py": "class ManagementTask:\n    def call(self, data):\n        print(%r)\n"
    % _MARK,
}

# What a board prints has no order with the counts of its reads, which come on another line: so a
# mark is set on that one. It runs before main.py, and is 250 bytes that other boards do not read.
_BOOT = """\
import _sim, builtins
def told(line, shown=print):
    shown(line)
    if %r in line:
        _sim.tell("mark", %r)
builtins.print = told
""" % (_BOOTED, _BOOTED)


class _Watched:
    """The lines that a board prints, each with the bytes read since the board's last start."""

    def __init__(self) -> None:
        self.board: SimBoard | None = None
        self._told: queue.Queue[tuple[str, int]] = queue.Queue()

    def show(self, line: str) -> None:
        """Queue a line and the bytes read so far; called in the board's thread."""
        assert self.board
        self._told.put((line, self.board.supervisor.flash_read))

    def until(self, *marks: str) -> int:
        """Return the bytes read when the board prints a line that contains all `marks`.

        Raise `SlimError` after 90 s without one.
        """
        end = time.monotonic() + _LIMIT_S
        with contextlib.suppress(queue.Empty):
            while True:
                line, read = self._told.get(timeout=max(0.01, end - time.monotonic()))
                if all(mark in line for mark in marks):
                    return read
        raise SlimError("a board has not told %s in %d s" % (marks, _LIMIT_S))


def measure(name: str) -> dict[str, int]:
    """Measure `flash_boot`, the mean of all starts, and `flash_cycle` of a board, in bytes."""
    with tempfile.TemporaryDirectory() as place, served() as (admin, url):
        aid = admin.create_app("Budget")
        wanted: dict[str, Any] = {"management_interval": "1", "worker_interval": "3600"}
        wanted.update(ssl=False, payload_encryption=False)
        admin.set_pool(aid, "development", wanted)
        version = admin.commit(aid, _APP)
        given = {"aid": aid, "tid": name, "backend": url, "cloud_key": str(admin.key())}
        root, watched = Path(place), _Watched()
        modem = ModemOptions(_MODEM_SPEED)
        with SimBoard(name, root, show=watched.show, modem=modem) as board:
            watched.board = board
            others = parameters(given, None, modem=board.kind.modem is not None)
            install(board, release(name, True), others, root)
            board.put({"boot.py": _BOOT.encode()})
            board.start()
            watched.until('"confirmed"', version)
            watched.until(_MARK)  # the confirmation is in the journal by now
            watched.until(_MARK)
            boots = _cycle(board, watched)
            watched.until(_MARK)
            before = watched.until(_MARK)
            for _ in range(_CYCLES):
                after = watched.until(_MARK)
            cycle = (after - before) // _CYCLES
            return {"flash_boot": sum(boots) // len(boots), "flash_cycle": cycle}


def _cycle(board: SimBoard, watched: _Watched) -> list[int]:
    """Return the bytes read up to `boot` in each start from one compaction to the next.

    Raise `SlimError` if there are none in 60 starts.
    """
    boots: list[int] = []
    begins: list[int] = []
    while len(begins) < 2:
        if len(boots) == _MOST_STARTS:
            raise SlimError("the root's log was not compacted twice in %d starts" % _MOST_STARTS)
        board.power_cut()
        board.start()
        watched.until(_MARK)  # cut before that, a start has written more on a busy machine
        boots.append(board.supervisor.marks[_BOOTED])
        if len(boots) > 1 and 3 * boots[-1] < 2 * boots[-2]:
            begins.append(len(boots) - 1)
    return boots[begins[0] : begins[1]]
