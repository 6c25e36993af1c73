"""What the boards with a SIM800 share."""

from __future__ import annotations

from typing import Any

from adapters.sim800.board import BoardModem, wires
from adapters.sim800.files import Files
from adapters.sim800.link import CellularLink
from adapters.sim800.modem import Modem
from domain.levels import WARNING


def modem(storage: Any, clock: Any, console: Any, usual: dict[str, int]) -> Modem:
    """On the wires that the board has, or the file `modem_pins` tells."""
    text = "a SIM800 verifies no certificate: over it the payload is always encrypted"
    console.event(WARNING, "tls", {"text": text})
    found, problems = wires(storage, usual)
    for problem in problems:
        console.event(WARNING, "modem_pins", {"text": problem})
    return Modem(BoardModem(clock, found), clock, console)


def cellular(given: Modem, storage: Any) -> CellularLink:
    """The link over it."""
    return CellularLink(given, Files(storage))
