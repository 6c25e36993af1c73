"""`micropython.kbd_intr` as on the ports: without an interrupt character, Ctrl-C is a byte."""

import sys

import _sim
import micropython


class _Micropython:
    """The interpreter's `micropython`, except for `kbd_intr`."""


def _kbd_intr(character):
    _sim.call("keys", character)


_stand_in = _Micropython()
for _name in dir(micropython):
    if _name[0] != "_":
        setattr(_stand_in, _name, getattr(micropython, _name))
_stand_in.kbd_intr = _kbd_intr
sys.modules["micropython"] = _stand_in
