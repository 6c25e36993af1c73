"""`machine` of the ESP8266 port."""

# ruff: noqa: ARG002 - the arguments are those of the real module

import _clocks
import _pins
import _sim
import _timers
import _uart
from _machine import *  # noqa: F403

PWRON_RESET = 0
HARD_RESET = 6
DEEPSLEEP_RESET = 5
WDT_RESET = 1
SOFT_RESET = 4
DEEPSLEEP = 4

# About 3.2 s: what the SDK's software watchdog takes to bite.
_WDT_MS = 3200

freq = _clocks.clock((80, 160), 80000000)


class Pin(_pins.Pin):
    """0 to 5 and 12 to 16; the others are the flash's. No pull-down."""

    _PINS = (0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 16)


class Signal(_pins.Signal):
    """On our pins."""

    _make = Pin


class UART(_uart.UART):
    """The second can only send."""

    _IDS = (0, 1)


class Timer(_timers.Timer):
    """Virtual ones only."""


class RTC(_clocks.Rtc):
    """492 bytes of memory; its alarm ends a deep sleep."""

    ALARM0 = 0
    _MEMORY = 492

    def alarm(self, id, time):
        """In so many milliseconds."""
        _sim.tell("alarm", time)

    def irq(self, *, trigger=0, wake=0):
        """The alarm wakes."""


class WDT(_clocks.Wdt):
    """Its time is the system's; an argument for it is refused."""

    def _ms(self, timeout):
        if timeout != 5000:
            raise ValueError
        return _WDT_MS
