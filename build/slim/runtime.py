"""What generated code calls on the device."""

from __future__ import annotations

import sys
from typing import Any


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


_at_work: list[str] = []


def late(bundle: str, name: str, method: str | None, *arguments: Any) -> Any:
    """Call a function, or a method of a class, of code that need not stay in memory.

    What is not there is loaded, and for that whatever is not at work is let go of: a Thing does one
    piece of its work after another, and no two of them need be in memory at once.
    """
    if bundle not in sys.modules:
        let_go()
    _at_work.append(bundle)
    try:
        found = getattr(__import__(bundle), name)
        return (getattr(found, method) if method else found)(*arguments)
    finally:
        _at_work.pop()


def let_go() -> None:
    """Forget all code that can be loaded again and is not at work; it is loaded when called."""
    for name in list(sys.modules):
        if name[:3] == "pt_" and name not in _at_work:
            sys.modules[name] = None  # type: ignore[assignment] # `del` leaves it in its place
            del sys.modules[name]
    _overwrite(8)


def _overwrite(depth: int) -> None:
    """What calls have left on the stack keeps alive what they used, until it is written over."""
    if depth:
        _overwrite(depth - 1)


class Shell:
    """Stands for an object of a class that need not stay in memory, and has its attributes."""

    def __init__(self, bundle: str, name: str, *arguments: Any) -> None:
        self.late = (bundle, name)
        late(bundle, name, "__init__", self, *arguments)

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: late(self.late[0], self.late[1], name, self, *arguments)
