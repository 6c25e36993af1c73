"""What makes a release start by itself.

MicroPython runs `main.py`; that lets `loader` choose an OS, whose `start` it is that composes a
Thing. What lives is called by `main.py` itself: within an import it would have a kilobyte less of
the stack. Neither `main.py` nor `loader` is ever updated over the air, so the names `start`, `live`
and `thing` are for ever.
"""

from __future__ import annotations

import ast

import app
from app.place import SOURCE, text
from build.slim import erase
from build.slim.boards import CORE, Board
from build.slim.model import Module, Program, parse

FILES = ("main", "loader", "starts", "start", "version")

_KEPT = ("loader", "starts")  # of app/boards, as they are

# Garbage goes early: what comes to stay shall not lie in the middle of the heap.
GARBAGE = 2048  # bytes

_MAIN = """\
try:
    __import__("loader").enter("")
    import start
    start.live(start.thing)
    __import__("loader").stay()
except BaseException as error:
    try:
        __import__("loader").leave("", error)
    except Exception:
        print(repr(error))
        __import__("time").sleep(60)
        __import__("machine").reset()
"""

_START = """\
import gc
gc.threshold({garbage})
from version import version
from pt_board import {compose} as compose
thing = compose("", version)
del compose
from {core} import {live} as live
"""


def start(board: Board, program: Program) -> None:
    """Add them to the sources. The composition root is let go before the Thing lives."""
    if not board.compose:
        return
    compose = program.renamed[(board.compose + ".compose").replace(".", "_", 2).replace(".", "__")]
    live = program.renamed["app_boards_device__live"]
    program.sources["main"] = _MAIN
    program.sources.update({name: kept(name) for name in _KEPT})
    program.sources["start"] = _START.format(garbage=GARBAGE, compose=compose, live=live, core=CORE)
    program.sources["version"] = version_text(app.__version__)


def version_text(version: str) -> str:
    """The module `version`."""
    return "version=%r\n" % version


def kept(name: str) -> str:
    """What starts the OS, without what is there for people and type checkers: its names stay."""
    path = "app/boards/%s.py" % name
    source = parse(path, text(SOURCE / path))
    program = Program({name: Module(name, path, source)}, (), {}, CORE)
    for step in (erase.docstrings, erase.typing, erase.hints):
        step(program)
    return ast.unparse(ast.fix_missing_locations(source)) + "\n"
