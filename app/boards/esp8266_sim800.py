"""An ESP8266 with a SIM800 as a Thing: cellular only, as both links do not fit its memory."""

from __future__ import annotations

import network

from adapters.esp8266.hardware import WRONG_PASSWORD, Esp8266Hardware
from adapters.micropython.clock import TicksClock
from adapters.sim800.transport import ModemTransport
from app.boards.esp import compose_esp, ground
from app.boards.sim800 import cellular, modem
from domain.thing import Thing

PLATFORM = "esp8266_sim800"

# The only UART that receives is the console's: a board with a modem has no console. The file
# `modem_pins` can name other pins.
WIRES = {"uart": 0, "tx": -1, "rx": -1, "key": 4, "reset": 5, "power": -1}
_PIECE = 256  # bytes of an answer, read from the modem at once


def compose(root: str, version: str) -> Thing:
    """Compose a Thing with its files in the folder `root`, "" for the whole flash."""
    clock = TicksClock()
    found = ground(root, clock, WRONG_PASSWORD)  # the Wi-Fi is for the setup portal only
    console, _, storage, _ = found
    sim800 = modem(storage, clock, console, WIRES)
    link = cellular(sim800, storage)
    network.WLAN(network.AP_IF).active(False)  # open to all, with the default password
    transport = ModemTransport(sim800, link, _PIECE, False)
    thing = compose_esp(root, version, PLATFORM, Esp8266Hardware(), found, [link], transport)
    sim800.status = thing.status
    return thing
