"""The module below `onewire`: bits on a pin."""

import _sim


def reset(pin):
    """Whether anybody is there."""
    return _sim.call("onewire_reset", pin._id)


def readbit(pin):
    """0 or 1."""
    return _sim.call("onewire_read", pin._id, 1)


def readbyte(pin):
    """The lowest bit came first."""
    return _sim.call("onewire_read", pin._id, 8)


def writebit(pin, value):
    """0 or 1."""
    _sim.call("onewire_write", pin._id, 1 if value else 0, 1)


def writebyte(pin, value):
    """The lowest bit first."""
    _sim.call("onewire_write", pin._id, value & 0xFF, 8)


def crc8(data):
    """0 for data with its checksum behind it."""
    crc = 0
    for byte in data:
        for bit in range(8):
            crc = crc >> 1 ^ (0x8C if (crc ^ byte >> bit) & 1 else 0)
    return crc
