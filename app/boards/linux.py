"""Any Linux machine as a Thing."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, Any, Callable

import app
from adapters.cloud.gateway import Gateway
from adapters.failover import FailoverTransport
from adapters.http.transport import StreamTransport
from adapters.linux.again import AgainTransport, Noted
from adapters.linux.apphost import ProcessAppHost
from adapters.linux.clock import LinuxClock
from adapters.linux.console import LinesConsole
from adapters.linux.crypto import LinuxCrypto
from adapters.linux.link import LinuxLink
from adapters.linux.ntp import SERVER
from adapters.linux.storage import LinuxStorage
from adapters.linux.stream import LinuxStream
from adapters.linux.system import LinuxSystem
from adapters.null import NullIndicator, NullPortal
from app.boards import cellular
from domain.levels import WARNING
from domain.lifecycle import BOOT, CONNECT, RECOVER, REGISTER, RUN, SETUP, UPDATE
from domain.readings.backlog import Backlog
from domain.runner import UseCase
from domain.states.boot import Boot
from domain.states.connect import Connect
from domain.states.recover import Recover
from domain.states.register import Register
from domain.states.run import Run
from domain.states.setup import Setup
from domain.states.update import Update
from domain.thing import Thing

if TYPE_CHECKING:
    from ports.link import Link
    from ports.transport import Transport

PLATFORM = "Python"
DEFAULT_BACKEND = "backend.pythings.io"
MAX_ANSWER = 16384  # bytes of an answer that is held in memory

_CASES: dict[str, Callable[[Thing], UseCase]] = {
    BOOT: Boot,
    SETUP: Setup,
    CONNECT: Connect,
    REGISTER: Register,
    RUN: Run,
    UPDATE: Update,
    RECOVER: Recover,
}


def version() -> str:
    """Return the version of this OS: that in its release, or that of the factory."""
    try:
        release = os.path.join(os.path.dirname(os.path.dirname(app.__file__)), "version.py")
        with open(release) as file:
            return file.read().split("'")[1]
    except (OSError, IndexError):
        return app.__version__


def enter(state: str, thing: Thing) -> UseCase:
    """Return the use case of a state."""
    return _CASES[state](thing)


def by_sockets(ca: str | None = None, total_ms: int = 30000, ntp: str = "") -> Transport:
    """Return HTTP by this machine's own network; `ca`: the file of the authorities to trust,
    instead of the public ones; `total_ms` bounds an exchange; `ntp`: see `LinuxStream`."""
    clock, noted = LinuxClock(), Noted(LinuxStream(ca, ntp))
    return AgainTransport(StreamTransport(noted, clock, total_ms), noted, clock)


def _time_server(root: str) -> str:
    """Return the server named by the file `ntp`, as on boards: an empty one for none."""
    try:
        with open(os.path.join(root, "ntp"), encoding="ascii") as file:
            return file.read(256).strip()
    except (OSError, UnicodeError):
        return SERVER


def compose(
    root: str,
    given: dict[str, Any],
    output: IO[str],
    as_json: bool = False,
    level: int = 20,
    ca: str | None = None,
    supervised: bool = False,
    sleeps: bool = False,
    modem: cellular.Cellular | None = None,
) -> Thing:
    """Compose a Thing in the folder `root`; the parameters in `given` override its files."""
    console = LinesConsole(output, as_json=as_json, level=level)
    crypto = LinuxCrypto()
    clock, host = LinuxClock(), LinuxLink()
    ways: list[tuple[Link, Transport]] = []
    if not (modem and modem.only):
        ways.append((host, by_sockets(ca, ntp=_time_server(root))))
    wired = []
    if modem:
        text = "a SIM800 verifies no certificate: over it the payload is always encrypted"
        console.event(WARNING, "tls", {"text": text})
        wired = [cellular.way(modem, console)]
    ways += wired
    transport = FailoverTransport(ways, clock, console, host)
    thing = Thing(
        clock=clock,
        storage=LinuxStorage(root),
        links=list(transport.links),
        cloud=Gateway(transport, crypto, MAX_ANSWER),
        crypto=crypto,
        system=LinuxSystem(root, supervised, PLATFORM, sleeps=sleeps),
        apps=ProcessAppHost(root, lambda level, text: console.event(level, "app", {"text": text})),
        portal=NullPortal(),
        indicator=NullIndicator(),
        console=console,
        version=version(),
        default_backend=DEFAULT_BACKEND,
        given=given,
    )
    thing.apart = True
    thing.queue = Backlog(thing.storage, thing.system.memory()[0])
    for link, _ in wired:
        link.modem.status = thing.status
    return thing
