"""The cloud's limits on a reading."""

from __future__ import annotations

import json

MAX_READING = 512


def wire_length(value: object) -> int:
    """Return the length that the cloud counts: JSON in Python's default style, ASCII-escaped.

    Written out because MicroPython's `json` neither escapes non-ASCII text nor separates in the
    same way on all versions; surrogate pairs count twice, as `\\uXXXX\\uXXXX`.
    """
    if isinstance(value, str):
        # No iteration over the text: MicroPython interns each character that it yields, for good.
        return 2 + sum(_escaped(value[at : at + 1]) for at in range(len(value)))
    if isinstance(value, dict):
        inner = sum(wire_length(_key(key)) + 2 + wire_length(item) for key, item in value.items())
        return 2 + inner + 2 * max(0, len(value) - 1)
    if isinstance(value, (list, tuple)):
        return 2 + sum(wire_length(item) for item in value) + 2 * max(0, len(value) - 1)
    return len(json.dumps(value))


def problem_with(value: object) -> str:
    """Return why the cloud would refuse `value` as a reading, or an empty text."""
    if not value:
        return "the worker returned %r: the cloud takes nothing empty - return None for nothing" % (
            value,
        )
    length = wire_length(value)
    if length > MAX_READING:
        return "the worker returned %d characters of JSON: the cloud takes %d" % (
            length,
            MAX_READING,
        )
    return ""


def _key(key: object) -> str:
    return key if isinstance(key, str) else json.dumps(key)


def _escaped(char: str) -> int:
    code = ord(char)
    if char in '"\\\n\r\t\b\f':
        return 2
    if 32 <= code < 127:
        return 1
    return 6 if code < 0x10000 else 12
