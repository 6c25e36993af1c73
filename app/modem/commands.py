"""The simulated modem's commands, by their names."""

from __future__ import annotations

from app.modem import general, http
from app.modem.machine import SimulatedModem
from app.modem.replies import ERROR, OK

_HANDLERS = (*general.HANDLERS, *http.HANDLERS)


def execute(modem: SimulatedModem, line: str) -> None:
    """Execute a command line, and send its result unless the handler does so later."""
    text = line[2:]
    upper = text.upper()
    for name, handler in _HANDLERS:
        if upper.startswith(name) and upper[len(name) : len(name) + 1] in ("", "?", "="):
            final = handler(modem, text[len(name) :])
            break
    else:
        final = _basic(modem, upper)
    if final:
        modem.final(final)


def _basic(modem: SimulatedModem, text: str) -> str:
    if text in ("E0", "E1", "E"):
        modem.echo = text == "E1"
    return OK if text in ("", "E0", "E1", "E", "Z", "&F", "&W", "V1") else ERROR
