"""Modules of older firmware: those it lacks are hidden, those it has instead are added.

Loaded last: the stand-ins themselves need the hidden modules.
"""

import builtins
import sys

import _sim
import deflate

_import = builtins.__import__
if "asyncio" in _sim.config["absent"]:
    sys.modules["uasyncio"] = __import__("asyncio")  # asyncio imports `uasyncio` when it is used


class _Uzlib:
    """The module `uzlib`, until 1.20."""

    @staticmethod
    def DecompIO(stream, wbits=0):  # noqa: N802 - as MicroPython has it
        """Return a decompressing stream: raw for negative `wbits`, gzip from 16 on, else zlib."""
        kind = deflate.RAW if wbits < 0 else deflate.GZIP if wbits > 15 else deflate.ZLIB
        return deflate.DeflateIO(stream, kind, abs(wbits) & 15)


def _of_then(name, *arguments):
    plain = name[1:] if name[:1] == "u" and name not in sys.modules else name
    if plain in _sim.config["absent"]:
        raise ImportError("no module named '%s'" % name)
    return _import(name, *arguments)


builtins.__import__ = _of_then
if "deflate" in _sim.config["absent"]:
    sys.modules["uzlib"] = sys.modules["zlib"] = _Uzlib
