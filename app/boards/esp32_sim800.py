"""An ESP32 with a SIM800 as a Thing: Wi-Fi first, and the modem where there is none."""

from __future__ import annotations

from typing import Any

from adapters.esp32.hardware import WRONG_PASSWORD, Esp32Hardware
from adapters.esp32.probe import WifiProbe
from adapters.failover import FailoverTransport
from adapters.http.transport import StreamTransport
from adapters.micropython.clock import TicksClock
from adapters.micropython.stream import SocketStream
from adapters.micropython.tls import Tls
from adapters.sim800.operators import Operators
from adapters.sim800.transport import ModemTransport
from app.boards.esp import compose_esp, ground
from app.boards.sim800 import cellular, modem
from domain.thing import Thing

PLATFORM = "esp32_sim800"

# As on the boards that have both chips (LilyGO T-Call); the file `modem_pins` can name others.
WIRES = {"uart": 1, "tx": 27, "rx": 26, "key": 4, "reset": 5, "power": 23}
_MOST = 8192  # bytes of an answer that is held in memory


def compose(root: str, version: str) -> Thing:
    """Compose a Thing with its files in the folder `root`, "" for the whole flash."""
    clock = TicksClock()
    found = ground(root, clock, WRONG_PASSWORD)
    console, _, storage, wifi = found
    sim800 = modem(storage, clock, console, WIRES)
    link = cellular(sim800, storage)
    link.operators = Operators(sim800)
    tls = Tls(root, clock)
    stream = StreamTransport(SocketStream(clock, tls), clock)
    both: Any = [(wifi, stream), (link, ModemTransport(sim800, link))]
    ways = FailoverTransport(both, clock, console, WifiProbe(wifi, storage))
    hardware = Esp32Hardware()
    thing = compose_esp(root, version, PLATFORM, hardware, found, list(ways.links), ways, _MOST)
    sim800.status = thing.status
    thing.unverified = not tls.verifies()
    return thing
