# Untyped: the fakes implement no port completely. Running them checks their results.
# mypy: no-check-untyped-defs
"""Values as text, the same on every Python: dicts sorted, texts in ASCII."""

from __future__ import annotations

import binascii

from domain.errors import AppError, CloudError, DeviceError, IllegalEvent, LinkError, ThingError


def show(value):
    """Return any value as one line; a float only as `float`, since its digits differ."""
    if isinstance(value, str):
        return '"%s"' % "".join([_escaped(char) for char in value])
    if isinstance(value, (bytes, bytearray)):
        return "x" + binascii.hexlify(value).decode()
    if isinstance(value, dict):
        return "{%s}" % ",".join([show(key) + ":" + show(value[key]) for key in sorted(value)])
    if isinstance(value, (list, tuple)):
        return "[%s]" % ",".join([show(item) for item in value])
    if isinstance(value, float):
        return "float"
    if isinstance(value, BaseException):
        return failed(value)
    return str(value)


def failed(error):
    """Return an error as text: the party at fault, its code and text."""
    if isinstance(error, ThingError):
        kinds = (LinkError, CloudError, DeviceError, AppError)
        kind = [name for name, each in enumerate(kinds) if isinstance(error, each)]
        return "thing error %s %s %s" % (kind, error.code, show(str(error)))
    if isinstance(error, IllegalEvent):
        return "illegal event %s" % show(str(error))
    if isinstance(error, ValueError):
        return "value error %s" % show(str(error))
    return type(error).__name__


def attempt(function, *arguments):
    """Return the result of a call, or its error, as text."""
    try:
        return show(function(*arguments))
    except (ThingError, IllegalEvent, ValueError, TypeError, KeyError) as error:
        return failed(error)


def _escaped(char):
    if " " <= char <= "~" and char not in '"\\':
        return char
    code = ord(char)
    if code >= 0x10000:  # a device reads the two escapes of such a character as two characters
        code -= 0x10000
        return "\\%x.\\%x." % (0xD800 | code >> 10, 0xDC00 | code & 0x3FF)
    return "\\%x." % code
