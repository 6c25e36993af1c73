"""What the simulated modem's commands share."""

from __future__ import annotations

from typing import Callable

from app.modem.machine import Machine

OK, ERROR = "OK", "ERROR"

# A handler gets what stands behind the name (`?`, `=...` or nothing); gives the final result code,
# "" if that comes later.
Handler = Callable[[Machine, str], str]


def error(modem: Machine, number: int) -> str:
    """A refusal, as AT+CMEE wants it told."""
    return "+CME ERROR: %d" % number if modem.errors else ERROR


def fields(text: str) -> list[str]:
    """Of `=a,"b",c`; a quote within a string ends it, and what follows is refused."""
    return [field.strip().strip('"') for field in text[1:].split(",")]
