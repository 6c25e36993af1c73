"""MicroPython's unix port as a Thing."""

from __future__ import annotations

from adapters.cloud.gateway import Gateway
from adapters.http.transport import StreamTransport
from adapters.micropython.apphost import InProcessAppHost
from adapters.micropython.clock import TicksClock
from adapters.micropython.console import DeviceConsole
from adapters.micropython.crypto import DeviceCrypto
from adapters.micropython.hardware import UnixHardware
from adapters.micropython.link import HostLink
from adapters.micropython.storage import FileStorage
from adapters.micropython.stream import SocketStream
from adapters.micropython.system import DeviceSystem
from adapters.micropython.tls import Tls
from adapters.null import NullIndicator, NullPortal
from domain.thing import Thing

PLATFORM = "MicroPython"
DEFAULT_BACKEND = "backend.pythings.io"


def compose(root: str, version: str) -> Thing:
    """Compose a Thing that lives in the folder `root`."""
    console = DeviceConsole(root)
    clock = TicksClock()
    crypto = DeviceCrypto()
    stream = SocketStream(clock, Tls(root, clock))
    return Thing(
        clock=clock,
        storage=FileStorage(root),
        links=[HostLink()],
        cloud=Gateway(StreamTransport(stream, clock), crypto),
        crypto=crypto,
        system=DeviceSystem(UnixHardware(root), root, PLATFORM),
        apps=InProcessAppHost(root, console),
        portal=NullPortal(),
        indicator=NullIndicator(),
        console=console,
        version=version,
        default_backend=DEFAULT_BACKEND,
        given={},
    )
