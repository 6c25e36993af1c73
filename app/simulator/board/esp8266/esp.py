"""`esp` of the ESP8266 port; of the flash there is only what is mapped into memory."""

import _sim
import _vfs

_SECTOR = 4096

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


def flash_read(offset, buffer):
    """Into a buffer, or so many bytes."""
    wanted = isinstance(buffer, int)
    size = buffer if wanted else len(buffer)
    start = _vfs.inside(offset, size)
    found = _vfs.mapped.view[start : start + size]
    if wanted:
        return bytes(found)
    buffer[:] = found
    return None


def flash_write(offset, data):
    """Whole words."""
    if len(data) % 4:
        raise ValueError("len must be multiple of 4")
    if offset % 4:  # the SDK would hang
        raise RuntimeError("%d is not at a word" % offset)
    _vfs.mapped.write(_vfs.inside(offset, len(data)), data)


def flash_erase(sector):
    """By its number."""
    _vfs.mapped.erase(_vfs.inside(sector * _SECTOR, _SECTOR))


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
