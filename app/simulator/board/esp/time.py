"""The module `time` as on the ESP ports: RTC seconds since 2000, ticks that wrap at 2**30."""

import _sim
import utime
from utime import sleep_ms, sleep_us  # noqa: F401

_SECOND = 1000

_EPOCH = 946684800  # 2000-01-01, in seconds since 1970
_MASK = (1 << 30) - 1
_HALF = 1 << 29

# The host's clock at the RTC's zero; it survives all but a loss of power.
_zero = _sim.config["rtc_zero"]
_start_us = utime.ticks_us() - _sim.config["ticks"] * 1000


def time():
    """Return whole seconds since 2000."""
    return int(utime.time() - _zero)


def time_ns():
    """Return nanoseconds since 2000, in steps of a millisecond."""
    return int((utime.time() - _zero) * 1000) * 1000000


def _set(seconds):
    global _zero
    _zero = utime.time() - seconds
    _sim.tell("rtc_zero", _zero)


def gmtime(seconds=None):
    """Return (year, month, day, hour, minute, second, weekday, day of the year)."""
    return utime.gmtime((time() if seconds is None else int(seconds)) + _EPOCH)[:8]


localtime = gmtime


def mktime(moment):
    """Return the seconds since 2000 of a moment, the inverse of `gmtime`."""
    year, month, day, hour, minute, second = moment[:6]
    month -= 2
    if month <= 0:
        month += 12
        year -= 1
    days = year // 4 - year // 100 + year // 400 + 367 * month // 12 + day + year * 365 - 719499
    return ((days * 24 + hour) * 60 + minute) * 60 + second - _EPOCH


def sleep(seconds):
    """Sleep for seconds; for less if the simulation limits sleeps."""
    ms = int(seconds * _SECOND)
    sleep_ms(min(ms, _sim.config["sleeps_ms"] or ms))


def ticks_ms():
    """Return milliseconds since the start."""
    return (utime.ticks_us() - _start_us) // 1000 & _MASK


def ticks_us():
    """Return microseconds since the start."""
    return utime.ticks_us() - _start_us & _MASK


ticks_cpu = ticks_us


def ticks_add(ticks, delta):
    """Add less than half a round to ticks."""
    if not -_HALF <= delta < _HALF:
        raise OverflowError("ticks interval overflow")
    return ticks + delta & _MASK


def ticks_diff(end, start):
    """Return the ticks from start to end, between minus half a round and half a round."""
    return (end - start + _HALF & _MASK) - _HALF
