"""Names that code outside of ours uses: a definition with one of them may be meant by it."""

from __future__ import annotations

from pathlib import Path


def _text(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="ascii")


# All names that exist in MicroPython.
RESERVED = frozenset(_text("reserved_names.txt").split())

# The names that a `.mpy` file of version 6 holds as a number, of one byte and of two
# (micropython: py/makeqstrdata.py, `static_qstr_list`).
STATIC = tuple(part.split() for part in _text("static_names.txt").split("\n\n"))

# Of those, names with a meaning for the compiler, or for objects of classes that ours derive from.
SPECIAL = frozenset(("args", "const", "locals", "micropython", "range", "self", "super", "value"))

# Some more of one byte, which no definition or attribute of ours may have: for parameters.
POSITIONS = ("_", "__int__", "__dir__", "__hash__", "__next__", "__repr__", "__iter__", "__len__")

# Names that the owner's app and the board's own files define, and that are looked up by name.
KEPT = frozenset({"WorkerTask", "ManagementTask", "call", "setup", "main", "boot", "calm"})
