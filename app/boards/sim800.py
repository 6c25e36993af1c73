"""The parts that boards with a SIM800 share."""

from __future__ import annotations

from typing import Any

from adapters.sim800.board import BoardModem, wires
from adapters.sim800.files import Files
from adapters.sim800.link import CellularLink
from adapters.sim800.modem import Modem
from domain.levels import WARNING


def modem(storage: Any, clock: Any, console: Any, usual: dict[str, int]) -> Modem:
    """Compose the modem on the wires of the board, or those in the file `modem_pins`."""
    text = "a SIM800 verifies no certificate: over it the payload is always encrypted"
    console.event(WARNING, "tls", {"text": text})
    found, problems = wires(storage, usual)
    for problem in problems:
        console.event(WARNING, "modem_pins", {"text": problem})
    return Modem(BoardModem(clock, found), clock, console)


def cellular(given: Modem, storage: Any) -> CellularLink:
    """Compose the link over a modem."""
    return CellularLink(given, Files(storage))
