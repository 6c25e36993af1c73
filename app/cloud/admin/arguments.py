"""Reads the arguments of an admin call, each of its kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.cloud.values import VERSIONS
from domain.plain import plain


class AdminRefusal(Exception):
    """An admin call that cannot be done: its HTTP status, and a text that says why."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


Arguments = Mapping[str, Any]


def text(arguments: Arguments, name: str) -> str:
    """Return a text that must be there."""
    value = optional_text(arguments, name)
    if not value:
        raise AdminRefusal(400, f"{name} is missing")
    return value


def optional_text(arguments: Arguments, name: str) -> str | None:
    """Return a text, None if it is absent or null."""
    value = arguments.get(name)
    if value is None or isinstance(value, str):
        return value
    raise AdminRefusal(400, f"{name} must be text")


def mapping(arguments: Arguments, name: str) -> dict[str, Any]:
    """Return an object, empty if it is absent."""
    value = arguments.get(name, {})
    if not isinstance(value, dict):
        raise AdminRefusal(400, f"{name} must be an object")
    return value


def names(arguments: Arguments, name: str) -> list[str]:
    """Return a list of texts, empty if it is absent."""
    value = arguments.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise AdminRefusal(400, f"{name} must be a list of texts")
    return value


def flag(arguments: Arguments, name: str) -> bool | None:
    """Return true or false, None if it is absent or null."""
    value = arguments.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise AdminRefusal(400, f"{name} must be true or false")


def optional_count(arguments: Arguments, name: str) -> int | None:
    """Return a whole number from 0 on, given as such or as text; None if absent or null."""
    value = arguments.get(name)
    if value is None:
        return None
    digits = str(value)
    if isinstance(value, bool) or not (digits.isascii() and digits.isdigit()) or len(digits) > 15:
        raise AdminRefusal(400, f"{name} must be a whole number from 0 on")
    return int(digits)


def seconds(arguments: Arguments, name: str, most: float) -> float:
    """Return a time from 0 to `most`; 0 if it is absent."""
    text = str(arguments.get(name, 0))
    # As JSON writes one: float() takes "nan", "inf" and "1_0" too.
    if not re.fullmatch(r"[0-9]{1,20}(\.[0-9]{1,20})?(e[+-]?[0-9]{1,3})?", text):
        raise AdminRefusal(400, f"{name} must be a number of seconds")
    return min(float(text), most)


def count(arguments: Arguments, name: str, default: int, most: int) -> int:
    """Return a whole number from 0 to `most`; `default` if it is absent."""
    value = optional_count(arguments, name)
    return default if value is None else min(value, most)


def version(name: str, value: object) -> str:
    """Return the name of a version: it stands in paths, and in the last line of an app's files."""
    if not isinstance(value, str) or not plain(value):
        raise AdminRefusal(400, f"{name} is no name for a version: {VERSIONS}")
    return value


def settings(arguments: Arguments) -> dict[str, Any]:
    """Return settings to change; what a version is set to is the name of one."""
    changes = mapping(arguments, "settings")
    for name in ("app_version", "pythings_version"):
        if changes.get(name, "0") != "":
            version(name, changes.get(name, "0"))
    return changes
