"""The files that make a release start by itself.

MicroPython runs `main.py`; that lets `loader` choose an OS, and the OS's `start` composes a Thing.
`main.py` itself calls `live`: within an import it would have a kilobyte less of the stack. Neither
`main.py` nor `loader` is ever updated over the air, so the names `start`, `live` and `thing` are
permanent.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator

import app
from app.place import SOURCE, text
from build.slim import erase
from build.slim.boards import CORE, Board
from build.slim.model import Module, Program, parse

FILES = ("main", "loader", "starts", "start", "version")

_KEPT = ("loader", "starts")  # of app/runtime, unchanged

_PYTHON = ("ssl",)  # written in Python in some firmware, so it is loaded where it is needed

# Garbage is collected early: lasting objects shall not lie in the middle of the heap.
GARBAGE = 2048  # bytes

# With plenty of memory the OS lies in a folder of its own: littlefs reads a folder from its
# beginning for each name that is looked up, and for a list once for each name in it.
FOLDER = "os/"
_FOLDER = """\
    try:
        import os, sys
        os.stat("/os")
        sys.path.insert(0, "/os")
    except OSError:
        pass
"""

# Modules of the firmware are looked up in all folders first; by a name with "u", they are found at
# once, except those that always are, as `deflate` (micropython: py/builtinimport.c, py/objmodule.c,
# extmod/moddeflate.c; in 1.16 as in 1.29).
_EXTENSIBLE = (
    *(
        "binascii",
        "collections",
        "cryptolib",
        "errno",
        "hashlib",
        "io",
        "json",
        "machine",
        "os",
    ),
    *("random", "re", "select", "socket", "struct", "time"),
)
_KNOWN = """\
import sys
for name in "{names}".split():
    for known in ("u" + name, name):
        try:
            if name not in sys.modules:
                sys.modules[name] = __import__(known)
        except ImportError:
            pass
"""

_MAIN = """\
try:
{before}    __import__("loader").enter("")
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

# A module is looked up in the file system first, which takes a kilobyte of the stack below the
# import. So those of the firmware are entered as loaded, and the factory's OS, where it is executed
# in place, is found before the file system is asked; one from a cloud is, anyway.
_START = """\
import gc
import sys
gc.threshold({garbage})
if not sys.path[0] and "/rom" in sys.path:
    sys.path.insert(0, "/rom")
for name in {builtins}:
    try:
        sys.modules[name] = __import__(name)
    except ImportError:
        pass
from version import version
from pt_board import {compose} as compose
thing = compose("", version)
del compose
from {core} import {live} as live
"""


def start(board: Board, program: Program) -> None:
    """Add the start files to the sources; the composition root is unloaded before `live`."""
    if not board.compose:
        return
    compose = program.renamed[(board.compose + ".compose").replace(".", "_", 2).replace(".", "__")]
    live = program.renamed["app_runtime_micropython_main__live"]
    builtins = _builtins(program)
    known = before = ""
    if board.plenty:
        known = _KNOWN.format(names=" ".join(name for name in builtins if name in _EXTENSIBLE))
        before = textwrap.indent(known, " " * 4) + _FOLDER
    program.sources["main"] = _MAIN.format(before=before)
    program.sources.update({name: kept(name) for name in _KEPT})
    begin = _START.format(garbage=GARBAGE, builtins=builtins, compose=compose, live=live, core=CORE)
    program.sources["start"] = known + begin  # also for an OS with an old main.py
    program.sources["version"] = version_text(app.__version__)


def _builtins(program: Program) -> tuple[str, ...]:
    """Return the external modules that an OS imports, without the fallbacks in `except` blocks."""
    names = {name for tree in program.trees.values() for name in _imported(tree)}
    return tuple(sorted(names - {*program.sources, *_PYTHON}))


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from [name.name for name in node.names]
    for part in ast.iter_child_nodes(node):
        if not isinstance(part, ast.ExceptHandler):
            yield from _imported(part)


def version_text(version: str) -> str:
    """Return the source of the module `version`."""
    return "version=%r\n" % version


def kept(name: str) -> str:
    """Return a start file with docstrings and annotations erased, and its names unchanged."""
    path = "app/runtime/%s.py" % name
    source = parse(path, text(SOURCE / path))
    program = Program({name: Module(name, path, source)}, (), {}, CORE)
    for step in (erase.docstrings, erase.typing, erase.hints):
        step(program)
    return ast.unparse(ast.fix_missing_locations(source)) + "\n"
