"""`machine` for a board that is nothing but MicroPython's unix port: no pins, no radio."""

import _machine
import _sim
import _timers
from _machine import (  # noqa: F401
    deepsleep,
    disable_irq,
    enable_irq,
    idle,
    lightsleep,
    reset,
    reset_cause,
    sleep,
    soft_reset,
    unique_id,
)

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

freq = _machine.clock((1000,), 1000000000)


class Timer(_timers.Timer):
    """Virtual ones only."""


class RTC(_machine.Rtc):
    """2 KiB of memory; the clock is the machine's."""

    _MEMORY = 2048

    def datetime(self, moment=None):
        """Cannot be set."""
        if moment is not None:
            raise OSError(1)
        return super().datetime()


class WDT:
    """Any time from 1 ms on."""

    def __init__(self, id=0, timeout=5000):
        if id != 0 or timeout <= 0:
            raise ValueError
        _sim.call("wdt", timeout)

    def feed(self):
        """All is well."""
        _sim.feed()
