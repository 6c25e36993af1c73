"""The module `dht`, which both ports have in their firmware."""

from machine import dht_readinto


class DHTBase:
    """The base of the sensors; `measure` must not be called twice within two seconds."""

    def __init__(self, pin):
        self.pin = pin
        self.buf = bytearray(5)

    def measure(self):
        """Read the sensor; raise `OSError: 110` if it does not answer."""
        dht_readinto(self.pin, self.buf)
        if sum(self.buf[:4]) & 0xFF != self.buf[4]:
            raise Exception("checksum error")


class DHT11(DHTBase):
    """A sensor with a resolution of whole degrees and percents."""

    def humidity(self):
        """Return the humidity in percent."""
        return self.buf[0]

    def temperature(self):
        """Return the temperature in degrees Celsius."""
        return self.buf[2]


class DHT22(DHTBase):
    """A sensor with a resolution of tenths."""

    def humidity(self):
        """Return the humidity in percent."""
        return (self.buf[0] << 8 | self.buf[1]) * 0.1

    def temperature(self):
        """Return the temperature in degrees Celsius."""
        found = ((self.buf[2] & 0x7F) << 8 | self.buf[3]) * 0.1
        return -found if self.buf[2] & 0x80 else found
