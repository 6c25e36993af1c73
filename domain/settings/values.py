"""Converters and validators for values from outside: wire, files, command line.

Each raises ValueError with a phrase that fits behind "<name> ".
"""

from __future__ import annotations

from typing import cast

from domain.plain import plain

MAX_TEXT = 253  # a host name's limit (RFC 1035 2.3.4); all our texts are shorter
_DIGITS = "0123456789"
MAX_INTERVAL = 604800  # s, a week: with more, the owner could not reach the Thing any more


def text(value: object) -> str:
    """Require a short printable text without line ends."""
    if not isinstance(value, str):
        raise ValueError("is not a text but %s" % quoted(value))
    if len(value) > MAX_TEXT or any(byte < 32 for byte in value.encode()):
        raise ValueError("is too long or has control characters: %s" % quoted(value))
    return value


def version(value: object) -> str:
    """Require the name of a version, or an empty text: it stands in source text and in paths."""
    name = text(value)
    if name and not plain(name):
        raise ValueError("is not made of letters, digits, . _ and -: %s" % quoted(name))
    return name


def whole(value: object) -> int:
    """Convert a whole number, also from text (the cloud sends intervals as text)."""
    digits = "0"
    if isinstance(value, str):
        digits = value.strip()
        if digits[:1] == "-":
            digits = digits[1:]
    elif isinstance(value, bool) or not isinstance(value, int):
        digits = ""
    if not digits or len(digits) > 15 or digits.strip(_DIGITS):
        raise ValueError("is not a whole number but %s" % quoted(value))
    return int(cast("int | str", value))


def flag(value: object) -> bool:
    """Require true or false, and nothing that merely looks like it."""
    if not isinstance(value, bool):
        raise ValueError("is neither true nor false but %s" % quoted(value))
    return value


def host_port(_instance: object, _attribute: object, value: str) -> None:
    """Validate host[:port]."""
    check_host_port(value)


def check_host_port(value: str) -> None:
    """Raise ValueError unless `value` is host[:port], an IPv6 address in brackets, or empty."""
    host, port = split_host(value, "443")
    plain = host and all(_in_host(byte) for byte in host.encode())
    if port.strip(_DIGITS) or not 0 < len(port) < 6 or not 0 < int(port) < 65536:
        plain = False
    if value and not plain:
        raise ValueError("is not a host or host:port but %s" % quoted(value))


def _in_host(byte: int) -> bool:
    """Return whether `byte` is an ASCII letter, digit, or a separator in hosts (RFC 1123 2.1)."""
    return 65 <= byte & 0xDF <= 90 or byte in b"0123456789.-_:"


def split_host(value: str, default: str) -> tuple[str, str]:
    """Return host and port of host[:port], the default port where there is none.

    An IPv6 address stands in brackets (RFC 3986 3.2.2) and is returned without them; for one that
    lacks them, the port is empty.
    """
    host, port = value, default
    at = value.rfind(":")
    if at > value.rfind("]"):
        host, port = value[:at], value[at + 1 :]
    if host[:1] + host[-1:] == "[]":
        return host[1:-1], port
    return host, "" if ":" in host or "[" in host or "]" in host else port


def interval(_instance: object, _attribute: object, value: int) -> None:
    """Validate the seconds between two runs of a task."""
    if not 1 <= value <= MAX_INTERVAL:
        raise ValueError("is not between 1 and %d seconds but %d" % (MAX_INTERVAL, value))


def timeout(_instance: object, _attribute: object, value: int) -> None:
    """Validate the seconds to wait, 0 for not at all."""
    if not 0 <= value <= 3600:
        raise ValueError("is not between 0 and 3600 seconds but %d" % value)


def limit(_instance: object, _attribute: object, value: int) -> None:
    """Validate the seconds that a call may take."""
    if not 1 <= value <= 3600:
        raise ValueError("is not between 1 and 3600 seconds but %d" % value)


def quoted(value: object) -> str:
    """Return a value as a message may show it: on one line, in at most 60 characters."""
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
