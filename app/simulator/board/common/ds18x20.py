"""The module `ds18x20`, which both ports have in their firmware."""


class DS18X20:
    """Thermometers on a OneWire bus."""

    def __init__(self, onewire):
        self.ow = onewire
        self.buf = bytearray(9)

    def scan(self):
        """Return the ROMs of the thermometers on the bus."""
        return [rom for rom in self.ow.scan() if rom[0] in (0x10, 0x22, 0x28)]

    def convert_temp(self):
        """Start a measurement by all thermometers, which takes 750 ms."""
        self.ow.reset(True)
        self.ow.writebyte(0xCC)
        self.ow.writebyte(0x44)

    def read_scratch(self, rom):
        """Read the nine bytes of a thermometer's scratchpad."""
        self.ow.reset(True)
        self.ow.select_rom(rom)
        self.ow.writebyte(0xBE)
        self.ow.readinto(self.buf)
        if self.ow.crc8(self.buf):
            raise Exception("CRC error")
        return self.buf

    def write_scratch(self, rom, buf):
        """Write a thermometer's alarms and resolution."""
        self.ow.reset(True)
        self.ow.select_rom(rom)
        self.ow.writebyte(0x4E)
        self.ow.write(buf)

    def read_temp(self, rom):
        """Return the temperature last measured, in degrees Celsius."""
        buf = self.read_scratch(rom)
        value = buf[0] | buf[1] << 8
        return (value - 0x10000 if value & 0x8000 else value) / 16
