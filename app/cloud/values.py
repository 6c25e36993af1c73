"""The JSON values that are stored: those that can be shown. Older ones are shown with escapes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

DEEPEST = 32  # lists and objects inside each other: no small board's stack takes many more
TOO_DEEP = f"(nested more than {DEEPEST} levels deep)"

VERSIONS = "it has 1 to 36 letters, digits, dots, underscores and hyphens"

_LONE = re.compile("[\ud800-\udfff]")  # json joins the two of a pair


class Unshowable(ValueError):
    """A value that could be stored and never be shown again; the text says why."""


class NotUnicode(Unshowable):
    """A value with a half of a surrogate pair, which no encoding has."""

    def __init__(self) -> None:
        super().__init__("holds text that is not Unicode")


class TooDeep(Unshowable):
    """A value with lists and objects nested too deeply."""

    def __init__(self) -> None:
        super().__init__(f"is nested more than {DEEPEST} levels deep")


def check(value: Any, deepest: int = DEEPEST) -> None:
    """Raise Unshowable for a JSON value that is not Unicode or nested more than `deepest`."""
    levels = list(_levels(value))
    if len(levels) > deepest + 1:
        raise TooDeep
    for level in levels:
        for item in level:
            if isinstance(item, str):
                check_text(item)


def check_text(text: str) -> None:
    """Raise NotUnicode for a text with a half of a surrogate pair."""
    if not text.isascii() and _LONE.search(text):
        raise NotUnicode


def shown(stored: str) -> Any:
    """Return the value in a column of JSON, with all its parts fit to be sent and shown.

    Older versions stored values that are refused now: a lone surrogate becomes its escape, a part
    that is nested too deeply a remark. One bad row hides no other.
    """
    try:
        value = json.loads(stored)
    except (ValueError, RecursionError):
        return TOO_DEEP if stored[:1] in "[{" else stored
    try:
        check(value)
    except Unshowable:
        return _mended(value)
    return value


def shown_object(stored: str) -> dict[str, Any]:
    """Return the object in a column of JSON as `shown` does, an empty one if it is none."""
    value = shown(stored)
    return value if isinstance(value, dict) else {}


def _mended(value: Any) -> Any:
    if isinstance(value, dict):
        value = {key: _cut(item) for key, item in value.items()}
    text = json.dumps(_cut(value), ensure_ascii=False)
    return json.loads(_LONE.sub(lambda half: f"\\\\u{ord(half[0]):04x}", text))


def _cut(value: Any) -> Any:
    return value if sum(1 for _ in _levels(value)) <= DEEPEST + 1 else TOO_DEEP


def _levels(value: Any) -> Iterator[list[Any]]:
    """Yield the value, its items, the items of those, ..., one level more than it is nested."""
    level, nested = [value], True
    while nested:
        yield level
        boxes = [item for item in level if isinstance(item, (dict, list))]
        inner: list[Any] = []
        for box in boxes:
            inner += box
            if isinstance(box, dict):
                inner += box.values()
        level, nested = inner, bool(boxes)
