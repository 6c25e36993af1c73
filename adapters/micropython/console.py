"""Events on the serial console, one JSON object a line; lines from it, without waiting."""

from __future__ import annotations

import json
import select
import sys
from typing import Any

_LEVELS = {10: "debug", 20: "info", 30: "warning", 40: "error"}
_INFO = 20
_MAX_LINE = 256


class DeviceConsole:
    """A console that writes events of its level or above: that of the parameter `loglevel`, in the
    file of that name in the folder `root`, or info."""

    def __init__(self, root: str) -> None:
        self.level = _level(root + "/loglevel")
        self._typed = b""
        self._source = sys.stdin.buffer

    def event(self, level: int, name: str, fields: dict[str, Any]) -> None:
        """Write an event; without memory for it, drop it."""
        if level >= self.level:
            try:
                fields["event"] = name
                fields["level"] = _LEVELS.get(level, level)
                print(json.dumps(fields))
            except (MemoryError, OSError, ValueError):
                pass

    def line(self) -> str | None:
        """Return a line, or None. An overlong line comes in parts; noise is an empty line."""
        poll = select.poll()
        poll.register(sys.stdin, select.POLLIN)
        while poll.poll(0):
            byte = self._source.read(1)
            if not byte:
                break
            if byte in b"\r\n" or len(self._typed) >= _MAX_LINE:
                line, self._typed = self._typed, b""
                try:
                    return line.decode()
                except UnicodeError:
                    return ""
            self._typed += byte
        return None


def _level(path: str) -> int:
    try:
        with open(path) as file:
            name = file.read(16).strip().lower()
    except OSError:
        return _INFO
    for level in _LEVELS:
        if _LEVELS[level] == name:
            return level
    return _INFO
