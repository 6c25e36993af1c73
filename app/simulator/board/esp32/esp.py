"""`esp` of the ESP32 port, as far as programs need it without touching flash themselves."""

import _sim


def osdebug(_where=None, _level=None):
    """The simulated system has nothing to say."""


def flash_size():
    """Bytes."""
    return _sim.config["flash"]


def flash_user_start():
    """Where the file system begins."""
    return _sim.config["flash"] - _sim.config["blocks"] * 4096
