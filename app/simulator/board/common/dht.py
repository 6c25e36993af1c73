"""`dht`, which both ports have in their firmware."""

from machine import dht_readinto


class DHTBase:
    """`measure` asks the sensor; not twice within two seconds."""

    def __init__(self, pin):
        self.pin = pin
        self.buf = bytearray(5)

    def measure(self):
        """`OSError: 110` when it does not answer."""
        dht_readinto(self.pin, self.buf)
        if sum(self.buf[:4]) & 0xFF != self.buf[4]:
            raise Exception("checksum error")


class DHT11(DHTBase):
    """Whole degrees and percents."""

    def humidity(self):
        """In percent."""
        return self.buf[0]

    def temperature(self):
        """In degrees."""
        return self.buf[2]


class DHT22(DHTBase):
    """Tenths."""

    def humidity(self):
        """In percent."""
        return (self.buf[0] << 8 | self.buf[1]) * 0.1

    def temperature(self):
        """In degrees."""
        found = ((self.buf[2] & 0x7F) << 8 | self.buf[3]) * 0.1
        return -found if self.buf[2] & 0x80 else found
