"""The module `gc` of a board: figures for words of four bytes, and for the board's heap alone."""

import gc
import sys
from gc import collect, disable, enable, isenabled  # noqa: F401

import _sim

_WORDS = 2 if sys.maxsize >> 32 else 1  # words of a board in a word of the interpreter


def mem_free():
    """Return the free bytes."""
    return gc.mem_free() // _WORDS


def mem_alloc():
    """Return the bytes in use."""
    return _sim.config["heap"] - mem_free()


def threshold(size=None):
    """Return or set the bytes allocated before a collection; -1 for as late as possible."""
    if size is None:
        size = gc.threshold()
        return size // _WORDS if size > 0 else size
    return gc.threshold(size * _WORDS if size > 0 else size)


# A built-in module is found before any in a folder.
sys.modules["gc"] = sys.modules[__name__]
