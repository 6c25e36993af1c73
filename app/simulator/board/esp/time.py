"""`time` as on the ESP ports: seconds since 2000 by the RTC, ticks that wrap at 2**30."""

import _sim
import utime
from utime import sleep_ms, sleep_us  # noqa: F401

_SECOND = 1000

_EPOCH = 946684800  # 2000-01-01, in seconds since 1970
_MASK = (1 << 30) - 1
_HALF = 1 << 29

# The host's clock at the RTC's zero; it runs through all but a loss of power.
_zero = _sim.config["rtc_zero"]
_start_us = utime.ticks_us() - _sim.config["ticks"] * 1000


def time():
    """Whole seconds."""
    return int(utime.time() - _zero)


def time_ns():
    """As fine as the host's clock."""
    return int((utime.time() - _zero) * 1000) * 1000000


def _set(seconds):
    global _zero
    _zero = utime.time() - seconds
    _sim.tell("rtc_zero", _zero)


def gmtime(seconds=None):
    """(year, month, day, hour, minute, second, weekday, day of the year)."""
    return utime.gmtime((time() if seconds is None else int(seconds)) + _EPOCH)[:8]


localtime = gmtime


def mktime(moment):
    """The inverse."""
    year, month, day, hour, minute, second = moment[:6]
    month -= 2
    if month <= 0:
        month += 12
        year -= 1
    days = year // 4 - year // 100 + year // 400 + 367 * month // 12 + day + year * 365 - 719499
    return ((days * 24 + hour) * 60 + minute) * 60 + second - _EPOCH


def sleep(seconds):
    """Seconds; less for who is in a hurry."""
    ms = int(seconds * _SECOND)
    sleep_ms(min(ms, _sim.config["sleeps_ms"] or ms))


def ticks_ms():
    """Milliseconds since the start."""
    return (utime.ticks_us() - _start_us) // 1000 & _MASK


def ticks_us():
    """Microseconds since the start."""
    return utime.ticks_us() - _start_us & _MASK


ticks_cpu = ticks_us


def ticks_add(ticks, delta):
    """Only less than half a round may be added."""
    if not -_HALF <= delta < _HALF:
        raise OverflowError("ticks interval overflow")
    return ticks + delta & _MASK


def ticks_diff(end, start):
    """From minus half a round to half a round."""
    return (end - start + _HALF & _MASK) - _HALF
