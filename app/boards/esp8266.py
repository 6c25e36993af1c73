"""An ESP8266 as a Thing."""

from __future__ import annotations

from adapters.esp8266.hardware import WRONG_PASSWORD, Esp8266Hardware
from adapters.esp8266.tls import UnverifiedTls
from adapters.micropython.clock import TicksClock
from app.boards.wifi import compose_wifi
from domain.thing import Thing

PLATFORM = "esp8266"


def compose(root: str, version: str) -> Thing:
    """Compose a Thing with its files in the folder `root`, "" for the whole flash."""
    hardware, clock, tls = Esp8266Hardware(), TicksClock(), UnverifiedTls()
    return compose_wifi(root, version, PLATFORM, hardware, clock, tls, WRONG_PASSWORD)
