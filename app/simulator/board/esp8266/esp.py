"""`esp` of the ESP8266 port, as far as programs need it without touching flash themselves."""

import _sim

SLEEP_NONE = 0
SLEEP_LIGHT = 1
SLEEP_MODEM = 2

_sleep = SLEEP_MODEM


def osdebug(_where=None, _level=None):
    """The simulated system has nothing to say."""


def sleep_type(kind=None):
    """Of the radio."""
    global _sleep
    if kind is None:
        return _sleep
    _sleep = kind
    return None


def flash_size():
    """Bytes."""
    return _sim.config["flash"]


def flash_user_start():
    """Where the file system begins."""
    return _sim.config["flash"] - _sim.config["blocks"] * 4096


def flash_id():
    """Maker and size."""
    return 0x1640EF


def check_fw():
    """Whether the firmware is whole."""
    return True


def freemem():
    """Bytes outside the heap."""
    return 20000


def deepsleep(microseconds=0, _option=0):
    """As `machine.deepsleep`, in microseconds."""
    _sim.halt("deepsleep", microseconds // 1000)
