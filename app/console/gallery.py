"""The gallery of apps: the examples of docs/apps.md, which tests run on simulated boards."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app import place

PAGE = Path("docs", "apps.md")
BOARDS = ("esp32", "esp8266")
# The management task of each example: it answers, so that a first message has a reply.
MANAGEMENT = """\
class ManagementTask:
    def call(self, data):
        if data is not None:
            return "got it: %s" % data
"""
# Blocks of the page: a heading or a board, or text, Python or JSON.
_BLOCKS = re.compile(r"(?ms)^((?:## |On an ESP)[^\n]*)$|^```(\w+)\n(.*?)^```")
_ON = "On an "


@dataclass
class Example:
    """An app, its wiring, and its steps: commands to the board, then the result of a call."""

    title: str
    wiring: list[str]
    app: str
    boards: tuple[str, ...]
    steps: list[tuple[list[str], Any]] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The example's name in a URL."""
        words = re.findall("[a-z0-9]+", f"{self.title} {' '.join(self.boards)}".lower())
        return "-".join(words)

    def files(self) -> dict[str, str]:
        """Return the app's files."""
        return {"worker_task.py": self.app, "management_task.py": MANAGEMENT}


def examples() -> list[Example]:
    """Return all examples in the order of the page.

    Each is a block of text (its wiring), if any, one of python, then any number of json (a result),
    each after a block of text (commands), if any.
    """
    found: list[Example] = []
    title, commands = "", list[str]()
    boards: tuple[str, ...] = BOARDS
    page = (place.SOURCE / PAGE).read_text(encoding="utf-8")
    for line, kind, body in _BLOCKS.findall(page):
        if line.startswith("## "):
            title, boards = line[3:], BOARDS
        elif line:
            boards = (line.removeprefix(_ON)[:-1].lower(),)
        elif kind == "text":
            commands = body.splitlines()
        elif kind == "python":
            found.append(Example(title, commands, body, boards))
            commands = []
        elif kind == "json":
            found[-1].steps.append((commands, json.loads(body)))
            commands = []
    return found


def example(key: str) -> Example | None:
    """Return the example of that key."""
    return next((one for one in examples() if one.key == key), None)
