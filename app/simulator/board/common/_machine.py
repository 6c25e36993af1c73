"""What the `machine` modules of all ports have in common."""

import binascii
import time

import _sim
import utime

_SOFT_RESET_STATUS = 65


def reset():
    """At once, whatever the program would like to do first."""
    _sim.halt("reset")


def soft_reset():
    """Ends the program as `SystemExit` does."""
    raise SystemExit(_SOFT_RESET_STATUS)


def reset_cause():
    """A number that differs by port."""
    return _sim.config["cause"]


def unique_id():
    """Of the chip."""
    return binascii.unhexlify(_sim.config["unique_id"])


def idle():
    """Until something happens: here, a millisecond."""
    utime.sleep_ms(1)


def lightsleep(ms=0):
    """Memory is kept."""
    utime.sleep_ms(ms)


sleep = lightsleep


def deepsleep(ms=0):
    """Memory is lost; for ever without a time."""
    _sim.halt("deepsleep", ms)


def disable_irq():
    """There are none."""
    return 0


def enable_irq(_state=0):
    """There are none."""


def clock(allowed, start):
    """The `freq` function of a port."""
    current = [start]

    def freq(hz=None):
        if hz is None:
            return current[0]
        if hz // 1000000 not in allowed:
            raise ValueError("frequency not possible")
        current[0] = hz
        return None

    return freq


class Rtc:
    """`machine.RTC`: the clock, and memory that outlives all but a loss of power."""

    _MEMORY = 0

    def __init__(self, id=0, datetime=None):
        if id != 0:
            raise ValueError("invalid RTC")
        if datetime is not None:
            self.datetime(datetime)

    def datetime(self, moment=None):
        """(year, month, day, weekday, hours, minutes, seconds, subseconds)."""
        if moment is None:
            year, month, day, hour, minute, second, weekday = time.gmtime()[:7]
            return (year, month, day, weekday, hour, minute, second, 0)
        year, month, day, _, hour, minute, second = moment[:7]
        time._set(time.mktime((year, month, day, hour, minute, second, 0, 0)))
        return None

    def init(self, moment):
        """As `datetime`."""
        self.datetime(moment)

    def memory(self, data=None):
        """Get, or replace."""
        if data is None:
            return binascii.unhexlify(_sim.call("rtc_memory"))
        if len(data) > self._MEMORY:
            raise ValueError("buffer too long")
        _sim.call("rtc_memory", binascii.hexlify(bytes(data)).decode())
        return None
