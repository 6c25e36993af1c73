"""What generated code calls on the device."""

from __future__ import annotations

import gc
import sys
from typing import Any

PLENTY = 0  # of a board (build.slim.boards)


def evolve(old: Any, **changes: Any) -> Any:
    """A new value object like `old` but for `changes`; converted and validated like any other."""
    values = dict(old.__dict__)
    values.update(changes)
    where = values.pop("late", None)
    if not where:
        return old.__class__(**values)
    new = Shell(where[0], where[1])
    getattr(__import__(where[0]), where[1]).__init__(new, **values)
    return new


# By the code itself: each function of a bundle that may load another one says so (build.slim.lazy).
_at_work: list[str] = []


def late(bundle: str) -> Any:
    """Code that need not stay in memory, to call a function of it.

    What is not there is loaded, and for that whatever is not at work is let go of: a Thing does one
    piece of its work after another, and no two of them need be in memory at once. This returns
    before the call: boards have 8 kB of stack.
    """
    let_go(bundle)
    return __import__(bundle)


def let_go(bundle: str) -> None:
    """To load that one, forget all code that can be loaded again and is not at work."""
    if bundle in sys.modules:
        return
    if PLENTY and gc.mem_free() > PLENTY:  # type: ignore[attr-defined,unused-ignore]
        return  # a file that is loaded again is read from the flash again
    for name in list(sys.modules):
        if name[:3] == "pt_" and name not in _at_work:
            sys.modules[name] = None  # type: ignore[assignment] # `del` leaves it in its place
            del sys.modules[name]
    try:  # noqa: SIM105 - a board has no contextlib
        _overwrite(8)
    except RuntimeError:
        pass  # that deep the stack does not go, so there is nothing there


def _overwrite(depth: int) -> None:
    """What calls have left on the stack keeps alive what they used, until it is written over."""
    if depth:
        _overwrite(depth - 1)


class Shell:
    """Stands for an object of a class that need not stay in memory, and has its attributes."""

    __found__: Any = None

    def __init__(self, bundle: str, name: str, *arguments: Any) -> None:
        self.late = (bundle, name)
        getattr(late(bundle), name).__init__(self, *arguments)

    def __getattr__(self, name: str) -> Any:
        bundle, kind = self.late
        # What a class has becomes a method of the object, and nothing lies on the stack between
        # whoever calls it and the method; a function that called it would.
        Shell.__found__ = getattr(getattr(late(bundle), kind), name)
        found = self.__found__
        Shell.__found__ = None
        return found
