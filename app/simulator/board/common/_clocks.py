"""Timekeepers of the `machine` modules: the processor's clock, the RTC, the watchdog."""

import binascii
import time

import _sim


def clock(allowed, start):
    """Return the `freq` function of a port; frequencies in `allowed` are in MHz."""
    current = [start]

    def freq(hz=None):
        if hz is None:
            return current[0]
        if hz // 1000000 not in allowed:
            raise ValueError("frequency not possible")
        current[0] = hz
        return None

    return freq


class Wdt:
    """`machine.WDT`: cannot be stopped; a second one restarts it with a new timeout."""

    def __init__(self, id=0, timeout=5000):
        if id != 0:
            raise ValueError
        _sim.call("wdt", self._ms(timeout))

    def feed(self):
        """Restart the watchdog's timeout."""
        _sim.feed()


class Rtc:
    """`machine.RTC`: the clock, and memory that survives all but a loss of power."""

    _MEMORY = 0

    def __init__(self, id=0, datetime=None):
        if id != 0:
            raise ValueError("invalid RTC")
        if datetime is not None:
            self.datetime(datetime)

    def datetime(self, moment=None):
        """Return or set (year, month, day, weekday, hours, minutes, seconds, subseconds)."""
        if moment is None:
            year, month, day, hour, minute, second, weekday = time.gmtime()[:7]
            return (year, month, day, weekday, hour, minute, second, 0)
        year, month, day, _, hour, minute, second = moment[:7]
        time._set(time.mktime((year, month, day, hour, minute, second, 0, 0)))
        return None

    def init(self, moment):
        """Set the clock, as `datetime` does."""
        self.datetime(moment)

    def memory(self, data=None):
        """Return the memory's bytes, or replace them."""
        if data is None:
            return binascii.unhexlify(_sim.call("rtc_memory"))
        if len(data) > self._MEMORY:
            raise ValueError("buffer too long")
        _sim.call("rtc_memory", binascii.hexlify(bytes(data)).decode())
        return None
