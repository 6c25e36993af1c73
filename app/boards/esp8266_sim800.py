"""An ESP8266 with a SIM800 as a Thing: cellular only, as both ways do not fit its memory."""

from __future__ import annotations

import network

from adapters.cloud.gateway import Gateway
from adapters.esp8266.hardware import WRONG_PASSWORD, Esp8266Hardware
from adapters.micropython.apphost import InProcessAppHost
from adapters.micropython.clock import TicksClock
from adapters.micropython.console import DeviceConsole
from adapters.micropython.crypto import DeviceCrypto
from adapters.micropython.portal import SetupPortal
from adapters.micropython.storage import FileStorage
from adapters.micropython.system import DeviceSystem
from adapters.micropython.wifi import WifiLink
from adapters.sim800.transport import ModemTransport
from app.boards.esp import indicator
from app.boards.sim800 import cellular, modem
from domain.thing import Thing

PLATFORM = "esp8266_sim800"
DEFAULT_BACKEND = "backend.pythings.io"

# The only UART that receives is the console's: with the modem on it there is none. The file
# `modem_pins` tells other pins.
WIRES = {"uart": 0, "tx": -1, "rx": -1, "key": 4, "reset": 5, "power": -1}
_MOST = 4096  # bytes of an answer that is held in memory
_PIECE = 256  # of one, read from the modem at once


def compose(root: str, version: str) -> Thing:
    """A Thing whose files are in the folder `root`, "" for the whole flash."""
    console = DeviceConsole(root)
    clock = TicksClock()
    crypto = DeviceCrypto()
    storage = FileStorage(root)
    about = {"platform": PLATFORM, "version": version}
    sim800 = modem(storage, clock, console, WIRES)
    link = cellular(sim800, storage)
    wifi = WifiLink(storage, clock, WRONG_PASSWORD)  # for the setup portal only
    network.WLAN(network.AP_IF).active(False)  # open for everybody with the default password
    return Thing(
        clock=clock,
        storage=storage,
        links=[link],
        cloud=Gateway(ModemTransport(sim800, link, _MOST, _PIECE, False), crypto),
        crypto=crypto,
        system=DeviceSystem(Esp8266Hardware(), root, PLATFORM),
        apps=InProcessAppHost(root, console),
        portal=SetupPortal(storage, clock, wifi, console, about, []),
        indicator=indicator(storage, console),
        console=console,
        version=version,
        default_backend=DEFAULT_BACKEND,
        given={},
    )
