"""The parts that boards with an ESP chip share: all but their hardware and their transport."""

from __future__ import annotations

from typing import Any

from adapters.cloud.gateway import Gateway
from adapters.micropython.apphost import InProcessAppHost
from adapters.micropython.boardfile import load
from adapters.micropython.clock import TicksClock
from adapters.micropython.console import DeviceConsole
from adapters.micropython.crypto import DeviceCrypto
from adapters.micropython.led import PinIndicator, held
from adapters.micropython.portal import SetupPortal
from adapters.micropython.storage import FileStorage
from adapters.micropython.system import DeviceSystem
from adapters.micropython.wifi import WifiLink
from adapters.null import NullIndicator
from domain.levels import WARNING
from domain.thing import Thing

_PINS = {"led": -1, "led_lit": 1, "button": -1, "wake": -1}

DEFAULT_BACKEND = "backend.pythings.io"


def ground(root: str, clock: TicksClock, wrong_password: tuple[int, ...]) -> Any:
    """Return console, clock, storage and Wi-Fi; `root`: the files' folder, "" for all the flash."""
    storage = FileStorage(root)
    return DeviceConsole(root), clock, storage, WifiLink(storage, clock, wrong_password)


def compose_esp(
    root: str,
    version: str,
    platform: str,
    hardware: Any,
    found: Any,
    links: list[Any],
    transport: Any,
    most: int = 4096,
) -> Thing:
    """Compose a Thing of the parts that `ground` returns, which reaches the cloud by `transport`
    over `links`; `most`: bytes of an answer that is held in memory."""
    console, clock, storage, wifi = found
    crypto = DeviceCrypto()
    system = DeviceSystem(hardware, root, platform)
    light, pushed, secret, hardware.wired = board_file(storage, console)
    if secret:
        system.deafen()  # Ctrl-C would bypass the password, to MicroPython's prompt
    about = {"platform": platform, "version": version}
    return Thing(
        clock=clock,
        storage=storage,
        links=links,
        cloud=Gateway(transport, crypto, most),
        crypto=crypto,
        system=system,
        apps=InProcessAppHost(root, console),
        portal=SetupPortal(storage, clock, wifi, console, about, pushed, []),
        indicator=light,
        console=console,
        version=version,
        default_backend=DEFAULT_BACKEND,
        given={},
    )


def board_file(storage: Any, console: Any) -> tuple[Any, Any, bool, int]:
    """Return the light that the board file names, or one that does nothing; the pin of the button,
    or None; whether the debug shell needs a password; and the pin wired to the reset pin. The file
    is read once: a look-up reads its whole folder."""
    pins, problems = load(storage, _PINS)
    light: Any = NullIndicator()
    pushed = None
    if pins["led"] >= 0:
        try:
            light = PinIndicator(pins["led"], pins["led_lit"])
        except (ValueError, TypeError) as error:
            problems.append("there is no pin %d: %s" % (pins["led"], error))
    if pins["button"] >= 0:
        try:
            pushed = held(pins["button"])
        except (ValueError, TypeError) as error:
            problems.append("there is no button at pin %d: %s" % (pins["button"], error))
    for problem in problems:
        console.event(WARNING, "board_file", {"text": problem + " - it is not used"})
    return light, pushed, "shell" in pins, pins["wake"]
