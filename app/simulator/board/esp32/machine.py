"""The module `machine` of the ESP32 port."""

import _clocks
import _i2c
import _pins
import _signals
import _sim
import _timers
import _uart
from _i2c import SoftI2C as SoftI2C
from _machine import *  # noqa: F403
from _signals import dht_readinto as dht_readinto

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
    """Return the cause of the end of a deep sleep: the timer, or 0 without such a sleep."""
    return TIMER_WAKE if _sim.config["cause"] == DEEPSLEEP_RESET else 0


class Pin(_pins.Pin):
    """`machine.Pin`: GPIO 34 to 39 are inputs; 24 and 28 to 31 do not exist."""

    OUT = 3
    IN = 1
    OPEN_DRAIN = 7
    _PINS = tuple(n for n in range(40) if n not in (24, 28, 29, 30, 31))

    def init(self, mode=None, pull=None, **options):
        """Configure the pin; GPIO 34 to 39 refuse to be an output."""
        if self._id >= 34 and mode in (self.OUT, self.OPEN_DRAIN):
            raise ValueError("pin can only be input")
        super().init(mode, pull, **options)


class Signal(_pins.Signal):
    """`machine.Signal` on this port's pins."""

    _make = Pin


class UART(_uart.UART):
    """`machine.UART`: three lines; the console is on the first."""

    _IDS = (0, 1, 2)


class Timer(_timers.Timer):
    """`machine.Timer`: four hardware timers, and virtual ones."""

    _NUMBERS = (-1, 0, 1, 2, 3)


class RTC(_clocks.Rtc):
    """`machine.RTC` with 2 KiB of memory."""

    _MEMORY = 2048


class WDT(_clocks.Wdt):
    """`machine.WDT`: a timeout of whole seconds from 1 s on; since 1.21, from 1 ms on."""

    def _ms(self, timeout):
        least = _sim.config["watchdog_ms"]
        timeout = timeout // least * least
        if timeout <= 0:
            raise ValueError("WDT timeout too short")
        return timeout


class I2C(_i2c.SoftI2C):
    """`machine.I2C`: two buses, on any pins."""

    def __init__(self, id, *, scl=None, sda=None, freq=400000, timeout=50000):
        if id not in (0, 1):
            raise ValueError("I2C(%d) doesn't exist" % id)
        super().__init__(scl or (18, 25)[id], sda or (19, 26)[id], freq=freq, timeout=timeout)


class ADC(_signals.Adc):
    """`machine.ADC`: ADC1 is on the pins 32 to 39; the radio occupies ADC2 while it is on."""

    ATTN_0DB = 0
    ATTN_2_5DB = 1
    ATTN_6DB = 2
    ATTN_11DB = 3
    WIDTH_9BIT = 9
    WIDTH_10BIT = 10
    WIDTH_11BIT = 11
    WIDTH_12BIT = 12
    # Volts that give the lowest and the highest reading, roughly (ESP-IDF, "ADC attenuation").
    _RANGES = ((0.03, 1.1), (0.04, 1.35), (0.06, 1.9), (0.14, 3.15))
    _ADC2 = (0, 2, 4, 12, 13, 14, 15, 25, 26, 27)

    def __init__(self, pin, *, atten=0):
        pin = pin._id if isinstance(pin, Pin) else pin
        if pin not in self._ADC2 and not 32 <= pin <= 39:
            raise ValueError("invalid pin")
        super().__init__(pin)
        self._bits = 12
        self.init(atten=atten)

    def init(self, *, atten=0):
        """Set the attenuation."""
        self.atten(atten)

    def atten(self, atten):
        """Set the attenuation, and so the range: up to 1.1 V initially."""
        if atten not in (0, 1, 2, 3):
            raise ValueError("invalid atten")
        self._least, self._most = self._RANGES[atten]

    def width(self, bits):
        """Set the bits that `read` returns."""
        if not 9 <= bits <= 12:
            raise ValueError("invalid bits")
        self._bits = bits

    def read(self):
        """Return the reading, 0 to 4095 at the initial width of 12 bits."""
        return self._raw() >> 12 - self._bits

    def read_u16(self):
        """Return the reading, 0 to 65535."""
        raw = self._raw()
        return raw << 4 | raw >> 8

    def read_uv(self):
        """Return microvolts, by the chip's calibration; readings are limited to the range."""
        return int((self._least + self._raw() / 4095 * (self._most - self._least)) * 1000) * 1000

    def _raw(self):
        if self._pin in self._ADC2 and _sim.call("radio_on"):
            raise OSError(-263, "ESP_ERR_TIMEOUT")
        share = (self._volts() - self._least) / (self._most - self._least)
        return int(min(1, max(0, share)) * 4095)


class PWM(_signals.Pwm):
    """`machine.PWM`: sixteen channels, with eight frequencies."""

    def _check(self):
        if self._pin >= 34:
            raise ValueError("PWM not supported on pin %d" % self._pin)
        if len(self._running) >= 16 and self._pin not in self._running:
            raise ValueError("out of PWM channels:16")

    def _set_hz(self, hz):
        others = {pwm._hz for pin, pwm in self._running.items() if pin != self._pin}
        if len(others | {hz}) > 8:
            raise ValueError("out of PWM timers:8")
        self._hz = hz
