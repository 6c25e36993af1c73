"""Names that are safe in a path, in a source text, in a line of words."""

from __future__ import annotations

MAX_VERSION = 36  # characters: the limit of the cloud's database


def plain(text: str, most: int = MAX_VERSION) -> bool:
    """Tell whether `text` is 1 to `most` ASCII letters, digits, `_`, `-` and `.`."""
    for char in text:
        letter = "a" <= char <= "z" or "A" <= char <= "Z" or "0" <= char <= "9"
        if not letter and char not in "_-.":
            return False
    return 0 < len(text) <= most
