"""The functions and the class that generated code uses on the device."""

from __future__ import annotations

import gc
import sys
from typing import Any

PLENTY = 0  # of a board (build.slim.boards)


def evolve(old: Any, **changes: Any) -> Any:
    """Return a new value object like `old` with `changes`, converted and validated as usual."""
    values = dict(old.__dict__)
    values.update(changes)
    where = values.pop("late", None)
    if not where:
        return old.__class__(**values)
    new = Proxy(where[0], where[1])
    getattr(__import__(where[0]), where[1]).__init__(new, **values)
    return new


# The bundles at work: each function that may load another one enters its own (build.slim.lazy).
_at_work: list[str] = []


def late(bundle: str) -> Any:
    """Return a lazily loaded bundle, to call a function of it.

    To load it, all code that is not at work is unloaded: a Thing does one piece of its work after
    another, and no two of them need be in memory at once. This returns before the call: boards have
    8 kB of stack.
    """
    let_go(bundle)
    return __import__(bundle)


def let_go(bundle: str) -> None:
    """Unload all lazily loaded code that is not at work, unless `bundle` is loaded already."""
    if bundle in sys.modules:
        return
    if PLENTY and gc.mem_free() > PLENTY:  # type: ignore[attr-defined,unused-ignore]
        return  # unloaded files would be read from the flash again
    for name in list(sys.modules):
        if name[:3] == "pt_" and name not in _at_work:
            sys.modules[name] = None  # type: ignore[assignment] # `del` leaves it in its place
            del sys.modules[name]
    try:  # noqa: SIM105 - a board has no contextlib
        _overwrite(8)
    except RuntimeError:
        pass  # the stack does not reach that deep, so nothing lies there


def _overwrite(depth: int) -> None:
    """Write over the remains of earlier calls on the stack, which keep objects alive."""
    if depth:
        _overwrite(depth - 1)


class Proxy:
    """A stand-in with the attributes of an object of a class that need not stay in memory."""

    __found__: Any = None

    def __init__(self, bundle: str, name: str, *arguments: Any) -> None:
        self.late = (bundle, name)
        getattr(late(bundle), name).__init__(self, *arguments)

    def __getattr__(self, name: str) -> Any:
        bundle, kind = self.late
        # A function held by a class becomes a method of the object, so that no frame lies on the
        # stack between the caller and the method; a function that called it would add one.
        # Loaded already, as most often, it is found without a further call on the stack.
        Proxy.__found__ = getattr(getattr(sys.modules.get(bundle) or late(bundle), kind), name)
        found = self.__found__
        Proxy.__found__ = None
        return found
