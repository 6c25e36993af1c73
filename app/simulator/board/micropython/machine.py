"""The module `machine` of a board that is only MicroPython's unix port: no pins, no radio."""

import _clocks
import _timers
from _machine import *  # noqa: F403

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

freq = _clocks.clock((1000,), 1000000000)


class Timer(_timers.Timer):
    """`machine.Timer`: virtual timers only."""


class RTC(_clocks.Rtc):
    """`machine.RTC` with 2 KiB of memory; its clock is the machine's."""

    _MEMORY = 2048

    def datetime(self, moment=None):
        """Return the time; refuse to set it."""
        if moment is not None:
            raise OSError(1)
        return super().datetime()


class WDT(_clocks.Wdt):
    """`machine.WDT`: any timeout from 1 ms on."""

    def _ms(self, timeout):
        if timeout <= 0:
            raise ValueError
        return timeout
