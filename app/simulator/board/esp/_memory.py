"""`gc` of a board: the figures are those of words of four bytes, and of the board's heap alone."""

import gc
import sys
from gc import collect, disable, enable, isenabled  # noqa: F401

import _sim

_WORDS = 2 if sys.maxsize >> 32 else 1  # of a board in one of the interpreter


def mem_free():
    """Bytes."""
    return gc.mem_free() // _WORDS


def mem_alloc():
    """Bytes."""
    return _sim.config["heap"] - mem_free()


def threshold(size=None):
    """Bytes that are taken until garbage is collected; -1 for as late as possible."""
    if size is None:
        size = gc.threshold()
        return size // _WORDS if size > 0 else size
    return gc.threshold(size * _WORDS if size > 0 else size)


# Nothing that lies in a folder is found before a module that is built in.
sys.modules["gc"] = sys.modules[__name__]
