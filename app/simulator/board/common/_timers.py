"""Timers, which call back while the program waits.

On a board they interrupt the program anywhere; this interpreter has no interrupts, so they come due
in `time.sleep*` and `machine.idle`.
"""

import utime

_armed = []


def run():
    """Call what is due; gives the milliseconds until the next, or None."""
    next_ms = None
    for timer in list(_armed):
        left = utime.ticks_diff(timer._due, utime.ticks_ms())
        if left <= 0:
            left = timer._fire()
        if left is not None and (next_ms is None or left < next_ms):
            next_ms = left
    return next_ms


def sleep_ms(ms):
    """Sleep; timers go on."""
    end = utime.ticks_add(utime.ticks_ms(), ms)
    while True:
        left = utime.ticks_diff(end, utime.ticks_ms())
        next_ms = run()
        if left <= 0:
            return
        utime.sleep_ms(left if next_ms is None else min(left, max(next_ms, 1)))


class Timer:
    """`machine.Timer`: hardware timers by number, and the virtual ones (-1)."""

    ONE_SHOT = 0
    PERIODIC = 1
    _NUMBERS = (-1,)

    def __init__(self, id=-1, **options):
        if id not in self._NUMBERS:
            raise ValueError("invalid Timer number")
        self._due = self._period = 0
        self._mode = self.PERIODIC
        self._callback = None
        if options:
            self.init(**options)

    def init(self, *, mode=1, freq=-1, period=-1, callback=None, **_ignored):
        """Start, in milliseconds or Hertz."""
        self.deinit()
        self._period = int(1000 / freq) if freq > 0 else period
        self._mode = mode
        self._callback = callback
        self._due = utime.ticks_add(utime.ticks_ms(), self._period)
        _armed.append(self)

    def deinit(self):
        """Stop."""
        if self in _armed:
            _armed.remove(self)

    def _fire(self):
        if self._mode == self.ONE_SHOT:
            self.deinit()
            left = None
        else:
            self._due = utime.ticks_add(utime.ticks_ms(), self._period)
            left = self._period
        if self._callback:
            self._callback(self)
        return left
