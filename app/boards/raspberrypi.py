"""A Raspberry Pi as a Thing: a Linux machine with a light, and its serial number as identity."""

from __future__ import annotations

import os
from typing import IO, Any

from adapters.linux.indicator import LedIndicator
from adapters.linux.serialnumber import SerialNumberSystem
from app.boards import linux
from domain.thing import Thing

PLATFORM = "RaspberryPi"

LEDS = "/sys/class/leds"

# The name of the green light in the kernel, and in old kernels. A light on a pin gets a name from
# the firmware's overlay `gpio-led`; the file `led` in the root holds it.
_LIGHT, _OLD_LIGHT = "ACT", "led0"


def compose(
    root: str, given: dict[str, Any], output: IO[str], supervised: bool = False, **options: Any
) -> Thing:
    """Compose a Thing as on Linux, with the board's light and identity."""
    thing = linux.compose(root, given, output, supervised=supervised, **options)
    sleeps = options.get("sleeps", False)
    thing.system = SerialNumberSystem(root, supervised, PLATFORM, sleeps=sleeps)
    thing.indicator = LedIndicator(os.path.join(LEDS, _light(root)))
    return thing


def _light(root: str) -> str:
    try:
        with open(os.path.join(root, "led")) as file:
            return os.path.basename(file.read(64).strip())
    except (OSError, UnicodeError):
        return _LIGHT if os.path.isdir(os.path.join(LEDS, _LIGHT)) else _OLD_LIGHT
