"""`machine` of the ESP32 port."""

import _clocks
import _pins
import _sim
import _timers
import _uart
from _machine import *  # noqa: F403

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

SLEEP = 2
DEEPSLEEP = 4
PIN_WAKE = EXT0_WAKE = 2
EXT1_WAKE = 3
TIMER_WAKE = 4
TOUCHPAD_WAKE = 5
ULP_WAKE = 6

freq = _clocks.clock((20, 40, 80, 160, 240), 160000000)


def wake_reason():
    """Of a deep sleep."""
    return TIMER_WAKE if _sim.config["cause"] == DEEPSLEEP_RESET else 0


class Pin(_pins.Pin):
    """GPIO 34 to 39 are inputs; 24 and 28 to 31 do not exist."""

    OUT = 3
    IN = 1
    OPEN_DRAIN = 7
    _PINS = tuple(n for n in range(40) if n not in (24, 28, 29, 30, 31))

    def init(self, mode=None, pull=None, **options):
        """Set up anew."""
        if self._id >= 34 and mode in (self.OUT, self.OPEN_DRAIN):
            raise ValueError("pin can only be input")
        super().init(mode, pull, **options)


class Signal(_pins.Signal):
    """On our pins."""

    _make = Pin


class UART(_uart.UART):
    """Three lines; the console is on the first."""

    _IDS = (0, 1, 2)


class Timer(_timers.Timer):
    """Four, and virtual ones."""

    _NUMBERS = (-1, 0, 1, 2, 3)


class RTC(_clocks.Rtc):
    """2 KiB of memory."""

    _MEMORY = 2048


class WDT(_clocks.Wdt):
    """From 1 s on in whole seconds; since 1.21, from 1 ms on."""

    def _ms(self, timeout):
        least = _sim.config["watchdog_ms"]
        timeout = timeout // least * least
        if timeout <= 0:
            raise ValueError("WDT timeout too short")
        return timeout
