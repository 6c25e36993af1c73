"""The module `machine` of the ESP8266 port."""

# ruff: noqa: ARG002 - the arguments are those of the real module

import _clocks
import _pins
import _signals
import _sim
import _timers
import _uart
from _i2c import SoftI2C as SoftI2C
from _machine import *  # noqa: F403
from _signals import dht_readinto as dht_readinto
from utime import ticks_ms as _ticks_ms

PWRON_RESET = 0
HARD_RESET = 6
DEEPSLEEP_RESET = 5
WDT_RESET = 1
SOFT_RESET = 4
DEEPSLEEP = 4

# About 3.2 s: the timeout of the SDK's software watchdog.
_WDT_MS = 3200

I2C = SoftI2C  # the only kind, and it has no numbers

freq = _clocks.clock((80, 160), 80000000)


class Pin(_pins.Pin):
    """`machine.Pin`: 0 to 5 and 12 to 16; the others belong to the flash. No pull-down."""

    _PINS = (0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 16)
    _SILENT = (16,)


class ADC(_signals.Adc):
    """`machine.ADC`: one, on a pin of its own: up to 1.0 V."""

    def __init__(self, pin):
        if pin != 0:
            raise ValueError("not a valid ADC Channel: %d" % pin)
        super().__init__(0)

    def read(self):
        """Return the reading, 0 to 1024."""
        return int(min(1, max(0, self._volts())) * 1024)

    def read_u16(self):
        """Return the reading, 0 to 65535."""
        return self.read() * 65535 // 1024


class PWM(_signals.Pwm):
    """`machine.PWM` in software: one frequency for all; not on pin 16."""

    _HZ = (1, 1000)
    _START = 500

    def _check(self):
        if self._pin == 16:
            raise ValueError("PWM not supported on pin 16")

    def _set_hz(self, hz):
        for pwm in self._running.values():
            pwm._hz = hz


class Signal(_pins.Signal):
    """`machine.Signal` on this port's pins."""

    _make = Pin


class UART(_uart.UART):
    """`machine.UART`: two lines; the second can only send."""

    _IDS = (0, 1)


class Timer(_timers.Timer):
    """`machine.Timer`: virtual timers only."""


_alarm = [0, 0]  # ticks, and the sleep that it ends
_MOST_US = 0xFFFFFFFF  # 71 min: the SDK counts a deep sleep in 32 bits


def deepsleep(ms=None):
    """Sleep, with memory lost, until the alarm or for `ms`, the earlier; else for ever.

    An alarm further away than 32 bits of microseconds is cut to that; of `ms`, bits are lost.
    """
    us = 0
    if _alarm[1] & DEEPSLEEP:
        us = min(max(1, (_alarm[0] - _ticks_ms()) * 1000), _MOST_US)
    if ms is not None:
        most = max(1, ms) * 1000 & _MOST_US
        us = most if us == 0 else min(us, most)
    _sim.halt("deepsleep", us // 1000 or (1 if us else 0))


class RTC(_clocks.Rtc):
    """`machine.RTC` with 492 bytes of memory; its alarm ends a deep sleep."""

    ALARM0 = 0
    _MEMORY = 492

    def alarm(self, id, time):
        """Set the alarm, `time` ms from now."""
        if id != 0:
            raise ValueError("invalid alarm")
        _alarm[0] = _ticks_ms() + time

    def irq(self, *, trigger=0, wake=0):
        """Set the alarm to end a deep sleep, if `wake` is DEEPSLEEP."""
        _alarm[1] = wake


class WDT(_clocks.Wdt):
    """`machine.WDT` with the system's timeout; any other is refused."""

    def _ms(self, timeout):
        if timeout != 5000:
            raise ValueError
        return _WDT_MS
