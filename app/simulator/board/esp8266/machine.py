"""`machine` of the ESP8266 port."""

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

PWRON_RESET = 0
HARD_RESET = 6
DEEPSLEEP_RESET = 5
WDT_RESET = 1
SOFT_RESET = 4
DEEPSLEEP = 4

# About 3.2 s: what the SDK's software watchdog takes to bite.
_WDT_MS = 3200

I2C = SoftI2C  # there is no other, nor a number for it

freq = _clocks.clock((80, 160), 80000000)


class Pin(_pins.Pin):
    """0 to 5 and 12 to 16; the others are the flash's. No pull-down."""

    _PINS = (0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 16)
    _SILENT = (16,)


class ADC(_signals.Adc):
    """One, of its own pin: up to 1.0 V."""

    def __init__(self, pin):
        if pin != 0:
            raise ValueError("not a valid ADC Channel: %d" % pin)
        super().__init__(0)

    def read(self):
        """0 to 1024."""
        return int(min(1, max(0, self._volts())) * 1024)

    def read_u16(self):
        """0 to 65535."""
        return self.read() * 65535 // 1024


class PWM(_signals.Pwm):
    """In software, all with one frequency; not on pin 16."""

    _HZ = (1, 1000)
    _START = 500

    def _check(self):
        if self._pin == 16:
            raise ValueError("PWM not supported on pin 16")

    def _set_hz(self, hz):
        for pwm in self._running.values():
            pwm._hz = hz


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
