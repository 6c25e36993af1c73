"""A prompt of MicroPython on this machine, in place of a board's."""

from __future__ import annotations

PROMPT = "from micropython_unix import main; main()"
