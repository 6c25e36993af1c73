"""The passes, in order. Each must have something to do; otherwise it is out of date."""

from __future__ import annotations

import ast
from typing import Callable

from build.slim import (
    bundling,
    engine,
    erase,
    fold,
    imports,
    inline,
    language,
    lazy,
    link,
    names,
    receivers,
    records,
)
from build.slim.boards import CORE, Board
from build.slim.model import Module, Program, SlimError, load
from build.slim.start import start

PASSES: tuple[tuple[str, Callable[[Program], int]], ...] = (
    ("engine", engine.engine),
    ("language", language.check),
    ("docstrings", erase.docstrings),
    ("receivers", receivers.receivers),
    ("typing", erase.typing),
    ("ports", erase.ports),
    ("annotations", erase.hints),
    ("chaining", erase.chaining),
    ("records", records.records),
    ("leftovers", erase.leftovers),
    ("left out", erase.left_out),
    ("link", link.link),
    ("late", lazy.make_lazy),
    ("constants", fold.constants),
    ("big numbers", fold.big_numbers),
    ("inline", inline.inline),
    ("own calls", lazy.own_calls),
    ("place", bundling.assign_bundles),
    ("imports", imports.modules),
    ("names", names.names),
)


def program_of(board: Board, watchers: tuple[str, ...] = ()) -> Program:
    """Load the modules of a board's program, as they are in the source."""
    modules = load([*board.modules, records.RUNTIME, *watchers])
    for name in board.without:
        del modules[name]
    put(modules[records.RUNTIME], "PLENTY", board.plenty)
    return Program(modules, board.entry, board.lazy, CORE, watchers)


def put(module: Module, name: str, value: int) -> None:
    """Set a constant to its value on the board."""
    found = [
        node
        for node in module.tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
    ]
    found[0].value = ast.Constant(value=value)


def build(board: Board) -> Program:
    """Build a board's program: run all passes, and add the files that start it."""
    program = program_of(board)
    transform(program)
    start(board, program)
    return program


def transform(program: Program) -> dict[str, int]:
    """Run all passes; return each one's count. Raise `SlimError` if one finds nothing to do."""
    done = {}
    for name, step in PASSES:
        done[name] = step(program)
        if not done[name]:
            raise SlimError("the pass '%s' found nothing to do" % name)
    return done
