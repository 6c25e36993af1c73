"""What the `machine` modules of all ports have in common: all that is public here."""

from binascii import unhexlify as _unhexlify

import _sim
from utime import sleep_ms as _sleep_ms

_SOFT_RESET_STATUS = 65


def reset():
    """At once, whatever the program would like to do first."""
    _sim.halt("reset")


def soft_reset():
    """Ends the program by `SystemExit`; what comes then differs by firmware."""
    raise SystemExit(_SOFT_RESET_STATUS)


def reset_cause():
    """A number that differs by port."""
    return _sim.config["cause"]


def unique_id():
    """Of the chip."""
    return _unhexlify(_sim.config["unique_id"])


def idle():
    """Until something happens: here, a millisecond."""
    _sleep_ms(1)


def lightsleep(ms=0):
    """Memory is kept."""
    _sleep_ms(ms)


sleep = lightsleep


def deepsleep(ms=0):
    """Memory is lost; for ever without a time."""
    _sim.halt("deepsleep", ms)


def disable_irq():
    """There are none."""
    return 0


def enable_irq(_state=0):
    """There are none."""
