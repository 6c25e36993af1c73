"""The public functions that the `machine` modules of all ports share."""

from binascii import unhexlify as _unhexlify

import _sim
from utime import sleep_ms as _sleep_ms

_SOFT_RESET_STATUS = 65


def reset():
    """Reset the board at once; the program can do nothing first."""
    _sim.halt("reset")


def soft_reset():
    """End the program by `SystemExit`; the next step differs by firmware."""
    raise SystemExit(_SOFT_RESET_STATUS)


def reset_cause():
    """Return the cause of the last reset, a number that differs by port."""
    return _sim.config["cause"]


def unique_id():
    """Return the chip's identifier."""
    return _unhexlify(_sim.config["unique_id"])


def idle():
    """Wait for an interrupt; here, for a millisecond."""
    _sleep_ms(1)


def lightsleep(ms=0):
    """Sleep, with memory kept."""
    _sleep_ms(ms)


sleep = lightsleep


def deepsleep(ms=0):
    """Sleep, with memory lost; without a time, for ever."""
    _sim.halt("deepsleep", ms)


def disable_irq():
    """Return an interrupt state; there are no interrupts."""
    return 0


def enable_irq(_state=0):
    """Do nothing: there are no interrupts."""
