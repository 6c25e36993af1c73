"""The bits on a pin, which `onewire` builds on."""

import _sim


def reset(pin):
    """Reset the bus, and tell whether a device answers."""
    return _sim.call("onewire_reset", pin._id)


def readbit(pin):
    """Read a bit, 0 or 1."""
    return _sim.call("onewire_read", pin._id, 1)


def readbyte(pin):
    """Read a byte, lowest bit first."""
    return _sim.call("onewire_read", pin._id, 8)


def writebit(pin, value):
    """Write a bit, 0 or 1."""
    _sim.call("onewire_write", pin._id, 1 if value else 0, 1)


def writebyte(pin, value):
    """Write a byte, lowest bit first."""
    _sim.call("onewire_write", pin._id, value & 0xFF, 8)


def crc8(data):
    """Return the checksum; 0 for data that ends with its own."""
    crc = 0
    for byte in data:
        for bit in range(8):
            crc = crc >> 1 ^ (0x8C if (crc ^ byte >> bit) & 1 else 0)
    return crc
