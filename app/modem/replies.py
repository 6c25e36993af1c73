"""Helpers shared by the simulated modem's commands."""

from __future__ import annotations

from typing import Callable

from app.modem.machine import SimulatedModem

OK, ERROR = "OK", "ERROR"

# A handler receives the text after the name (`?`, `=...` or nothing); it returns the final result
# code, "" if that follows later.
Handler = Callable[[SimulatedModem, str], str]


def error(modem: SimulatedModem, number: int) -> str:
    """Return a refusal, in the form that AT+CMEE has set."""
    return "+CME ERROR: %d" % number if modem.errors else ERROR


def fields(text: str) -> list[str]:
    """Split `=a,"b",c` into fields; a quote within a string ends it, and its rest is refused."""
    return [field.strip().strip('"') for field in text[1:].split(",")]
