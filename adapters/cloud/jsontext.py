"""JSON as it is sent: compact, in ASCII, without `&`.

Written out because MicroPython's `json` neither escapes nor separates like CPython's. ASCII,
since nothing else fits into the payload cipher; without `&`, since the cloud drops it there.

Characters are sliced out of the text, not indexed or iterated: MicroPython keeps every string
of one character made that way for good, and the text of an app may contain any character.
"""

from __future__ import annotations

import json
from typing import Any


def dump(value: Any) -> str:
    """Return the JSON text; `null` for an infinite number or NaN, the repr for any other object."""
    if isinstance(value, str):
        return _quote(value)
    # Not comprehensions: each is one call deeper, for which a small stack has no room.
    parts = []
    if isinstance(value, dict):
        for key in sorted(value, key=_key):  # MicroPython keeps no order
            parts.append(_key(key) + ":" + dump(value[key]))
        return "{%s}" % ",".join(parts)
    if isinstance(value, (list, tuple)):
        for item in value:
            parts.append(dump(item))
        return "[%s]" % ",".join(parts)
    if isinstance(value, float) and value - value != 0:  # infinite, or not a number
        return "null"
    if value is None or isinstance(value, (bool, int, float)):
        return json.dumps(value)
    return _quote(repr(value))


def _key(key: Any) -> str:
    return _quote(key if isinstance(key, str) else dump(key))


def _quote(text: str) -> str:
    parts = []
    start = 0
    for at in range(len(text)):
        char = text[at : at + 1]
        if char in '"\\&' or not " " <= char <= "~":
            parts.append(text[start:at] + _escape(ord(char)))
            start = at + 1
    return '"%s%s"' % ("".join(parts), text[start:])


def _escape(code: int) -> str:
    if code < 0x10000:
        return "\\u%04x" % code
    code -= 0x10000
    return "\\u%04x\\u%04x" % (0xD800 | code >> 10, 0xDC00 | code & 0x3FF)
