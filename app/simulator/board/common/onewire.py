"""The module `onewire`, which both ports have in their firmware."""

import _onewire


class OneWireError(Exception):
    """No device answered the reset."""


class OneWire:
    """A OneWire bus on one pin."""

    SEARCH_ROM = 0xF0
    MATCH_ROM = 0x55
    SKIP_ROM = 0xCC

    def __init__(self, pin):
        self.pin = pin
        self.pin.init(pin.OPEN_DRAIN, pin.PULL_UP)

    def reset(self, required=False):
        """Reset the bus, and tell if a device answers; if `required`, raise an error otherwise."""
        found = _onewire.reset(self.pin)
        if required and not found:
            raise OneWireError
        return found

    def readbit(self):
        """Read a bit, 0 or 1."""
        return _onewire.readbit(self.pin)

    def readbyte(self):
        """Read a byte."""
        return _onewire.readbyte(self.pin)

    def readinto(self, buf):
        """Read as many bytes as the buffer holds."""
        for index in range(len(buf)):
            buf[index] = self.readbyte()

    def writebit(self, value):
        """Write a bit, 0 or 1."""
        _onewire.writebit(self.pin, value)

    def writebyte(self, value):
        """Write a byte."""
        _onewire.writebyte(self.pin, value)

    def write(self, buf):
        """Write all bytes of the buffer."""
        for byte in buf:
            self.writebyte(byte)

    def select_rom(self, rom):
        """Select the device that the next commands address."""
        self.reset()
        self.writebyte(self.MATCH_ROM)
        self.write(rom)

    def crc8(self, data):
        """Return the checksum; 0 for data that ends with its own."""
        return _onewire.crc8(data)

    def scan(self):
        """Return the ROMs of all devices, by a search that walks a binary tree."""
        found = []
        paths = [()]  # of devices found, each up to the bit known
        while paths:
            rom, others = self._walk(paths.pop())
            paths += others
            if rom and not self.crc8(rom):
                found.append(rom)
        return found

    def _walk(self, path):
        if not self.reset():
            return None, ()
        self.writebyte(self.SEARCH_ROM)
        taken, others = [], []
        for number in range(64):
            one, zero = self.readbit(), self.readbit()
            if one and zero:
                return None, ()  # no device answers any more
            bit = path[number] if number < len(path) else one
            if number >= len(path) and not one and not zero:  # devices of both values
                others.append(tuple(taken) + (1,))
                bit = 0
            taken.append(bit)
            self.writebit(bit)
        rom = bytearray(8)
        for number in range(64):
            rom[number >> 3] |= taken[number] << (number & 7)
        return rom, others
