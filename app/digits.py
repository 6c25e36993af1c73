"""Whole numbers as users type them: `int` also accepts signs, spaces and non-ASCII digits."""

from __future__ import annotations

_LONGEST = 15  # digits: nothing that we count has more


def is_number(text: str) -> bool:
    """Return whether a text is a whole number: 1 to 15 ASCII digits."""
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST
