"""I2C buses: the host has what is on them. Those of the same two pins are the same bus."""

# ruff: noqa: ARG002 - the arguments are those of the real module

import binascii

import _sim
from _pins import Pin


def _number(pin):
    return pin._id if isinstance(pin, Pin) else pin


class SoftI2C:
    """`machine.SoftI2C`: any two pins. Who does not answer is `OSError: 19` (ENODEV)."""

    def __init__(self, scl, sda, *, freq=400000, timeout=50000):
        self._wires = (_number(sda), _number(scl))

    def init(self, scl, sda, *, freq=400000):
        """Set up anew."""
        self._wires = (_number(sda), _number(scl))

    def deinit(self):
        """Let go of the pins."""

    def scan(self):
        """Addresses of those who answer."""
        return _sim.call("i2c_scan", *self._wires)

    def readfrom(self, addr, nbytes, stop=True):
        """So many bytes."""
        return self._exchange(addr, b"", nbytes)

    def readfrom_into(self, addr, buf, stop=True):
        """As many as there is room for."""
        buf[:] = self._exchange(addr, b"", len(buf))

    def writeto(self, addr, buf, stop=True):
        """Gives how many bytes were acknowledged."""
        self._exchange(addr, buf, 0)
        return len(buf)

    def writevto(self, addr, vector, stop=True):
        """Several buffers in one message."""
        return self.writeto(addr, b"".join([bytes(part) for part in vector]))

    def readfrom_mem(self, addr, memaddr, nbytes, *, addrsize=8):
        """From a register on."""
        return self._exchange(addr, memaddr.to_bytes(addrsize // 8, "big"), nbytes)

    def readfrom_mem_into(self, addr, memaddr, buf, *, addrsize=8):
        """As many as there is room for."""
        buf[:] = self.readfrom_mem(addr, memaddr, len(buf), addrsize=addrsize)

    def writeto_mem(self, addr, memaddr, buf, *, addrsize=8):
        """To a register on."""
        self._exchange(addr, memaddr.to_bytes(addrsize // 8, "big") + bytes(buf), 0)

    def _exchange(self, addr, sent, size):
        sent = binascii.hexlify(bytes(sent)).decode()
        return binascii.unhexlify(_sim.call("i2c", *self._wires, addr, sent, size))
