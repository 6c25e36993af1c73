"""The names that a `.mpy` file has beside those of its source.

The compiler names each comprehension and lambda (`<listcomp>`), which only a traceback shows; a
file stores each such name, of up to 12 bytes. In their place comes a name stored as a number.
"""

from __future__ import annotations

_MADE_UP = (b"<listcomp>", b"<dictcomp>", b"<setcomp>", b"<genexpr>", b"<lambda>")
_VERSION = 6
_HEAD = 4  # bytes
_NUMBERED = b"\x11"  # `_` (micropython: py/makeqstrdata.py, `static_qstr_list`)


def unnamed(data: bytes) -> bytes:
    """Return the file with the compiler's own names replaced.

    Each name is its length, doubled, and its text with a NUL behind; or a number, doubled, plus one
    (micropython: docs/reference/mpyfiles.rst). A file of another version is returned as it is.
    """
    if data[1] != _VERSION:
        return data
    count, at = _number(data, _HEAD)
    _, at = _number(data, at)  # of objects
    after = [data[:at]]
    for _ in range(count):
        begin = at
        length, at = _number(data, at)
        text = b"" if length & 1 else data[at : at + (length >> 1)]
        at += 0 if length & 1 else (length >> 1) + 1
        after.append(_NUMBERED if text in _MADE_UP else data[begin:at])
    return b"".join([*after, data[at:]])


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Return a number, seven bits a byte, the highest first, and the place behind it."""
    number = 0
    while data[at] & 128:
        number = (number | data[at] & 127) << 7
        at += 1
    return number | data[at], at + 1
