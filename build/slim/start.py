"""What makes a release start by itself: `main.py`, which MicroPython runs, and `version.py`."""

from __future__ import annotations

import app
from build.slim.boards import CORE, Board
from build.slim.model import Program

FILES = ("main", "version")

_MAIN = """\
from version import version
from pt_board import {compose} as compose
thing = compose("", version)
del compose
from {core} import {live} as live
live(thing)
"""


def start(board: Board, program: Program) -> None:
    """Add them to the sources. The composition root is let go before the Thing lives."""
    if not board.compose:
        return
    compose = program.renamed[(board.compose + ".compose").replace(".", "_", 2).replace(".", "__")]
    live = program.renamed["app_boards_device__live"]
    program.sources["main"] = _MAIN.format(compose=compose, live=live, core=CORE)
    program.sources["version"] = "version=%r\n" % app.__version__
