"""What generated code calls on the device."""

from __future__ import annotations

from typing import Any


def evolve(old: Any, **changes: Any) -> Any:
    """A new value object like `old` but for `changes`; converted and validated like any other."""
    values = dict(old.__dict__)
    values.update(changes)
    return old.__class__(**values)
