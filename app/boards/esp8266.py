"""An ESP8266 as a Thing."""

from __future__ import annotations

from adapters.cloud.gateway import Gateway
from adapters.esp8266.hardware import WRONG_PASSWORD, Esp8266Hardware
from adapters.esp8266.tls import UnverifiedTls
from adapters.http.transport import StreamTransport
from adapters.micropython.apphost import InProcessAppHost
from adapters.micropython.clock import TicksClock
from adapters.micropython.console import DeviceConsole
from adapters.micropython.stream import SocketStream
from adapters.micropython.system import DeviceSystem
from app.boards.device import late_crypto, late_storage
from app.boards.esp import indicator, late_portal, late_wifi
from domain.levels import WARNING
from domain.thing import Thing

PLATFORM = "esp8266"
DEFAULT_BACKEND = "backend.pythings.io"


def compose(root: str, version: str) -> Thing:
    """A Thing whose files are in the folder `root`, "" for the whole flash."""
    console = DeviceConsole(root)
    clock = TicksClock()
    crypto = late_crypto()
    storage = late_storage(root)
    tls = UnverifiedTls()
    if not tls.verifies:
        text = "this firmware verifies no certificate: TLS keeps out listeners only"
        console.event(WARNING, "tls", {"text": text})
    thing = Thing(
        clock=clock,
        storage=storage,
        links=[late_wifi(storage, clock, WRONG_PASSWORD)],
        cloud=Gateway(StreamTransport(SocketStream(clock, tls), clock), crypto),
        crypto=crypto,
        system=DeviceSystem(Esp8266Hardware(), root, PLATFORM),
        apps=InProcessAppHost(root, console),
        portal=late_portal(storage, clock, WRONG_PASSWORD, console, PLATFORM, version),
        indicator=indicator(storage, console),
        console=console,
        version=version,
        default_backend=DEFAULT_BACKEND,
        given={},
    )
    thing.unverified = not tls.verifies
    return thing
