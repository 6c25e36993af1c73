"""Timers with callbacks between two steps of the program, even in one that loops for ever.

A thread watches the clock, and only asks the interpreter's scheduler to call back in the program's
own thread, as an interrupt does on a board. It touches no object of the program.
"""

import _thread
import sys

import _sim
import micropython
import utime

_LOOK_US = micropython.const(2000)

_armed = []
_running = False
_asked = False
_next = 0  # ticks at which the earliest timer is due


def _watch():
    global _asked
    while True:
        utime.sleep_us(_LOOK_US)
        if _armed and not _asked and utime.ticks_diff(_next, utime.ticks_ms()) <= 0:
            _asked = True
            micropython.schedule(_run, None)


def _run(_nothing):
    """Fire the timers that are due."""
    global _asked
    if _sim.waits(_run):
        return
    try:
        for timer in list(_armed):
            if timer in _armed and utime.ticks_diff(timer._due, utime.ticks_ms()) <= 0:
                safely(timer._fire)
    except KeyboardInterrupt:  # the scheduler would swallow it: the host sends it again later
        _sim.tell("swallowed")
    finally:
        _look_ahead()
        _asked = False


def _look_ahead():
    global _next
    now = utime.ticks_ms()
    if _armed:
        _next = now + min([utime.ticks_diff(timer._due, now) for timer in _armed])


def safely(act, *arguments):
    """Call a handler as the firmware's scheduler does: show an error, and continue."""
    try:
        act(*arguments)
    except Exception as error:  # noqa: BLE001 - a handler may raise anything
        sys.print_exception(error)


class Timer:
    """`machine.Timer`: hardware timers by number, and virtual timers (-1)."""

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
        """Start the timer; `period` is in ms, `freq` in Hz."""
        self.deinit()
        self._period = int(1000 / freq) if freq > 0 else period
        hurry = _sim.config["timers_ms"]
        if hurry:
            self._period = min(self._period, hurry)
        self._mode = mode
        self._callback = callback
        self._due = utime.ticks_add(utime.ticks_ms(), self._period)
        _armed.append(self)
        _look_ahead()
        _start()

    def deinit(self):
        """Stop the timer."""
        if self in _armed:
            _armed.remove(self)

    def _fire(self):
        if self._mode == self.ONE_SHOT:
            self.deinit()
        else:
            self._due = utime.ticks_add(utime.ticks_ms(), self._period)
        if self._callback:
            self._callback(self)


def _start():
    global _running
    if not _running:
        _running = True
        _thread.start_new_thread(_watch, ())
