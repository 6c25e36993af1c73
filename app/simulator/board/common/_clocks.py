"""What counts time in the `machine` modules: the processor's clock, the RTC, the watchdog."""

import binascii
import time

import _sim


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


class Wdt:
    """`machine.WDT`: cannot be stopped; a second one sets the time anew."""

    def __init__(self, id=0, timeout=5000):
        if id != 0:
            raise ValueError
        _sim.call("wdt", self._ms(timeout))

    def feed(self):
        """All is well."""
        _sim.feed()


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
