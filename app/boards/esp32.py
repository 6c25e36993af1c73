"""An ESP32 as a Thing."""

from __future__ import annotations

from adapters.esp32.hardware import WRONG_PASSWORD, Esp32Hardware
from adapters.micropython.clock import TicksClock
from adapters.micropython.tls import Tls
from app.boards.wifi import compose_wifi
from domain.thing import Thing

PLATFORM = "esp32"


def compose(root: str, version: str) -> Thing:
    """Compose a Thing with its files in the folder `root`, "" for the whole flash."""
    clock = TicksClock()
    tls = Tls(root, clock)
    return compose_wifi(root, version, PLATFORM, Esp32Hardware(), clock, tls, WRONG_PASSWORD)
