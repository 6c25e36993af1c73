"""`onewire`, which both ports have in their firmware."""

import _onewire


class OneWireError(Exception):
    """Nobody has answered."""


class OneWire:
    """A bus on one pin."""

    SEARCH_ROM = 0xF0
    MATCH_ROM = 0x55
    SKIP_ROM = 0xCC

    def __init__(self, pin):
        self.pin = pin
        self.pin.init(pin.OPEN_DRAIN, pin.PULL_UP)

    def reset(self, required=False):
        """Whether anybody is there; `required`: it is an error when not."""
        found = _onewire.reset(self.pin)
        if required and not found:
            raise OneWireError
        return found

    def readbit(self):
        """0 or 1."""
        return _onewire.readbit(self.pin)

    def readbyte(self):
        """One byte."""
        return _onewire.readbyte(self.pin)

    def readinto(self, buf):
        """As many as there is room for."""
        for index in range(len(buf)):
            buf[index] = self.readbyte()

    def writebit(self, value):
        """0 or 1."""
        _onewire.writebit(self.pin, value)

    def writebyte(self, value):
        """One byte."""
        _onewire.writebyte(self.pin, value)

    def write(self, buf):
        """All of it."""
        for byte in buf:
            self.writebyte(byte)

    def select_rom(self, rom):
        """Only that one is meant from here on."""
        self.reset()
        self.writebyte(self.MATCH_ROM)
        self.write(rom)

    def crc8(self, data):
        """0 for data with its checksum behind it."""
        return _onewire.crc8(data)

    def scan(self):
        """The ROMs of all, by the search that is a walk in a binary tree."""
        found = []
        paths = [()]  # of those that are known to be there, as far as known
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
                return None, ()  # nobody answers any more
            bit = path[number] if number < len(path) else one
            if number >= len(path) and not one and not zero:  # there are both
                others.append(tuple(taken) + (1,))
                bit = 0
            taken.append(bit)
            self.writebit(bit)
        rom = bytearray(8)
        for number in range(64):
            rom[number >> 3] |= taken[number] << (number & 7)
        return rom, others
