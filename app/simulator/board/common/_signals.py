"""Levels of a pin between 0 and 1: `machine.ADC`, `machine.PWM`; and the signal of a DHT."""

import binascii

import _sim


def dht_readinto(pin, buf):
    """Read the sensor's forty bits, or raise `OSError: 110` (ETIMEDOUT)."""
    buf[:] = binascii.unhexlify(_sim.call("dht", pin._id))


class Adc:
    """The base of `machine.ADC`: ports convert `_volts()` to their numbers."""

    def __init__(self, pin):
        self._pin = pin

    def _volts(self):
        return _sim.call("adc", self._pin)


class Pwm:
    """The base of `machine.PWM`: ports define its pins and frequencies."""

    _HZ = (1, 40000000)
    _START = 5000
    _running = {}  # pin: its running PWM

    def __init__(self, pin, **options):
        self._pin = pin._id
        self._hz, self._duty = self._START, 32768
        self._check()
        self._running[self._pin] = self
        self.init(**options)

    def init(self, freq=None, duty=None, duty_u16=None, duty_ns=None):
        """Set the frequency in Hz, and the duty by any of its scales."""
        if freq is not None:
            if not self._HZ[0] <= freq <= self._HZ[1]:
                raise ValueError("frequency must be from %dHz to %dHz" % self._HZ)
            self._set_hz(freq)
        if duty is not None:
            if not 0 <= duty <= 1023:
                raise ValueError("duty must be from 0 to 1023")
            self._duty = duty * 65535 // 1023
        if duty_u16 is not None:
            self._duty = min(65535, duty_u16)
        if duty_ns is not None:
            self._duty = min(65535, duty_ns * self._hz * 65535 // 1000000000)
        self._tell()

    def freq(self, hz=None):
        """Return or set the frequency in Hz."""
        return self._hz if hz is None else self.init(freq=hz)

    def duty(self, duty=None):
        """Return or set the duty, 0 to 1023."""
        return (self._duty * 1023 + 32767) // 65535 if duty is None else self.init(duty=duty)

    def duty_u16(self, duty=None):
        """Return or set the duty, 0 to 65535."""
        return self._duty if duty is None else self.init(duty_u16=duty)

    def duty_ns(self, ns=None):
        """Return or set the time in ns that the pin is high in each period."""
        if ns is None:
            return self._duty * 1000000000 // 65535 // self._hz
        return self.init(duty_ns=ns)

    def deinit(self):
        """Stop: the pin is low again."""
        self._running.pop(self._pin, None)
        self._duty = 0
        self._tell()

    def _check(self):
        """Raise an error if the port has no PWM for the pin; overridden by ports with limits."""

    def _set_hz(self, hz):
        self._hz = hz

    def _tell(self):
        _sim.tell("pwm", self._pin, self._hz, self._duty)
