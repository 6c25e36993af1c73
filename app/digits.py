"""Whole numbers as people type them: `int` takes more, and other digits than ours."""

from __future__ import annotations

_LONGEST = 15  # digits: nothing that we count has more


def is_number(text: str) -> bool:
    """Return whether a text is a whole number: ASCII digits, not too many of them."""
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST
