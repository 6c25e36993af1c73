"""The module `esp` of the ESP32 port, for programs that do not access the flash themselves."""

import _sim


def osdebug(_where=None, _level=None):
    """Do nothing: the simulated system prints no messages."""


def flash_size():
    """Return the size in bytes."""
    return _sim.config["flash"]


def flash_user_start():
    """Return the offset of the file system."""
    return _sim.config["flash"] - _sim.config["blocks"] * 4096
