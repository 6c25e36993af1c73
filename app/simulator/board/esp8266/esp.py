"""The module `esp` of the ESP8266 port; only the mapped part of the flash can be accessed."""

import _sim
import _vfs

_SECTOR = 4096

SLEEP_NONE = 0
SLEEP_LIGHT = 1
SLEEP_MODEM = 2

_sleep = SLEEP_MODEM


def osdebug(_where=None, _level=None):
    """Do nothing: the simulated system prints no messages."""


def sleep_type(kind=None):
    """Return or set the radio's kind of sleep."""
    global _sleep
    if kind is None:
        return _sleep
    _sleep = kind
    return None


def flash_size():
    """Return the size in bytes."""
    return _sim.config["flash"]


def flash_user_start():
    """Return the offset of the file system."""
    return _sim.config["flash"] - _sim.config["blocks"] * 4096


def flash_read(offset, buffer):
    """Read into a buffer, or return as many bytes as a number asks for."""
    wanted = isinstance(buffer, int)
    size = buffer if wanted else len(buffer)
    start = _vfs.inside(offset, size)
    found = _vfs.mapped.view[start : start + size]
    if wanted:
        return bytes(found)
    buffer[:] = found
    return None


def flash_write(offset, data):
    """Write whole words."""
    if len(data) % 4:
        raise ValueError("len must be multiple of 4")
    if offset % 4:  # the SDK would hang
        raise RuntimeError("%d is not at a word" % offset)
    _vfs.mapped.write(_vfs.inside(offset, len(data)), data)


def flash_erase(sector):
    """Erase a sector by its number."""
    _vfs.mapped.erase(_vfs.inside(sector * _SECTOR, _SECTOR))


def flash_id():
    """Return the code of the flash's maker and size."""
    return 0x1640EF


def check_fw():
    """Return whether the firmware is intact."""
    return True


def freemem():
    """Return the free bytes outside the heap."""
    return 20000


def deepsleep(microseconds=0, _option=0):
    """Sleep as `machine.deepsleep` does, in microseconds."""
    _sim.halt("deepsleep", microseconds // 1000)
