"""I2C buses; the host simulates the parts on them. Objects on the same two pins share a bus."""

# ruff: noqa: ARG002 - the arguments are those of the real module

import binascii

import _sim
from _pins import Pin


def _number(pin):
    return pin._id if isinstance(pin, Pin) else pin


class SoftI2C:
    """`machine.SoftI2C` on any two pins. A missing answer raises `OSError: 19` (ENODEV)."""

    def __init__(self, scl, sda, *, freq=400000, timeout=50000):
        self._wires = (_number(sda), _number(scl))

    def init(self, scl, sda, *, freq=400000):
        """Move the bus to other pins."""
        self._wires = (_number(sda), _number(scl))

    def deinit(self):
        """Release the pins."""

    def scan(self):
        """Return the addresses that answer."""
        return _sim.call("i2c_scan", *self._wires)

    def readfrom(self, addr, nbytes, stop=True):
        """Read `nbytes` bytes."""
        return self._exchange(addr, b"", nbytes)

    def readfrom_into(self, addr, buf, stop=True):
        """Read as many bytes as the buffer holds."""
        buf[:] = self._exchange(addr, b"", len(buf))

    def writeto(self, addr, buf, stop=True):
        """Write the buffer, and return the number of bytes acknowledged."""
        self._exchange(addr, buf, 0)
        return len(buf)

    def writevto(self, addr, vector, stop=True):
        """Write several buffers in one message."""
        return self.writeto(addr, b"".join([bytes(part) for part in vector]))

    def readfrom_mem(self, addr, memaddr, nbytes, *, addrsize=8):
        """Read `nbytes` bytes, starting at a register."""
        return self._exchange(addr, memaddr.to_bytes(addrsize // 8, "big"), nbytes)

    def readfrom_mem_into(self, addr, memaddr, buf, *, addrsize=8):
        """Read as many bytes as the buffer holds, starting at a register."""
        buf[:] = self.readfrom_mem(addr, memaddr, len(buf), addrsize=addrsize)

    def writeto_mem(self, addr, memaddr, buf, *, addrsize=8):
        """Write the buffer, starting at a register."""
        self._exchange(addr, memaddr.to_bytes(addrsize // 8, "big") + bytes(buf), 0)

    def _exchange(self, addr, sent, size):
        sent = binascii.hexlify(bytes(sent)).decode()
        return binascii.unhexlify(_sim.call("i2c", *self._wires, addr, sent, size))
