"""`board.json`: pins and other hardware settings, which no update replaces."""

from __future__ import annotations

import json
from typing import Any

from domain.errors import DeviceError
from ports.storage import Storage

NAME = "board.json"


def load(storage: Storage, defaults: dict[str, int]) -> tuple[dict[str, int], list[str]]:
    """Return whole numbers by name, and a list of problems; a wrong number is as by default.

    -1 means that the board has no such pin. There is a "shell" if the debug shell needs a password
    (`adapters/debug/login.py`).
    """
    found = dict(defaults)
    problems: list[str] = []
    try:
        content = storage.read(NAME, 1024)
        value: Any = json.loads(content) if content is not None else {}
    except (DeviceError, ValueError, RuntimeError) as error:  # the last: nested too deeply
        return found, ["%s is not readable: %s" % (NAME, error)]
    if not isinstance(value, dict):
        return found, ["%s is no JSON object" % NAME]
    for name in value:
        number = value[name]
        if name == "shell":
            if isinstance(number, str) and ":" in number:
                found[name] = 1
        elif name not in defaults:
            problems.append("%s has an unknown name: %s" % (NAME, name))
        elif isinstance(number, bool) or not isinstance(number, int) or not -1 <= number < 64:
            problems.append("%s: %s is no pin" % (NAME, name))
        else:
            found[name] = number
    return found, problems
