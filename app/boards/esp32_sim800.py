"""An ESP32 with a SIM800 as a Thing: Wi-Fi first, and the modem where there is none."""

from __future__ import annotations

from adapters.cloud.gateway import Gateway
from adapters.esp32.hardware import WRONG_PASSWORD, Esp32Hardware
from adapters.http.transport import StreamTransport
from adapters.micropython.apphost import InProcessAppHost
from adapters.micropython.clock import TicksClock
from adapters.micropython.console import DeviceConsole
from adapters.micropython.crypto import DeviceCrypto
from adapters.micropython.portal import SetupPortal
from adapters.micropython.storage import FileStorage
from adapters.micropython.stream import SocketStream
from adapters.micropython.system import DeviceSystem
from adapters.micropython.tls import Tls
from adapters.micropython.wifi import WifiLink
from adapters.sim800.transport import ModemTransport
from adapters.ways import Ways
from app.boards.esp import indicator
from app.boards.sim800 import cellular, modem
from domain.thing import Thing

PLATFORM = "esp32_sim800"
DEFAULT_BACKEND = "backend.pythings.io"

# As on the boards that have both chips (LilyGO T-Call); the file `modem_pins` tells others.
WIRES = {"uart": 1, "tx": 27, "rx": 26, "key": 4, "reset": 5, "power": 23}
_MOST = 8192  # bytes of an answer that is held in memory


def compose(root: str, version: str) -> Thing:
    """A Thing whose files are in the folder `root`, "" for the whole flash."""
    console = DeviceConsole(root)
    clock = TicksClock()
    crypto = DeviceCrypto()
    storage = FileStorage(root)
    about = {"platform": PLATFORM, "version": version}
    sim800 = modem(storage, clock, console, WIRES)
    link = cellular(sim800, storage)
    wifi = WifiLink(storage, clock, WRONG_PASSWORD)
    tls = Tls(root, clock)
    stream = StreamTransport(SocketStream(clock, tls), clock)
    ways = Ways([(wifi, stream), (link, ModemTransport(sim800, link, _MOST))])
    thing = Thing(
        clock=clock,
        storage=storage,
        links=list(ways.links),
        cloud=Gateway(ways, crypto),
        crypto=crypto,
        system=DeviceSystem(Esp32Hardware(), root, PLATFORM),
        apps=InProcessAppHost(root, console),
        portal=SetupPortal(storage, clock, wifi, console, about, []),
        indicator=indicator(storage, console),
        console=console,
        version=version,
        default_backend=DEFAULT_BACKEND,
        given={},
    )
    thing.unverified = not tls.verifies()
    return thing
