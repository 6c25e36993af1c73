"""Serial lines. The host simulates the other end; bytes sent while none is attached are lost."""

# ruff: noqa: ARG002 - the arguments are those of the real module

import binascii
import io

import _sim
import utime


class UART(io.IOBase):
    """`machine.UART`; works with `select.poll`."""

    _IDS = ()

    def __init__(self, id, baudrate=115200, **options):
        if id not in self._IDS:
            raise ValueError("UART(%d) does not exist" % id)
        self._id = id
        self._timeout = self._gap = 0
        self.init(baudrate, **options)

    def init(
        self,
        baudrate=115200,
        bits=8,
        parity=None,
        stop=1,
        *,
        timeout=None,
        timeout_char=0,
        **_ignored,
    ):
        """Set up the line.

        `timeout` in ms for the first byte of a read, `timeout_char` for each next one, at least the
        time that a byte takes.
        """
        if timeout is not None:
            self._timeout = timeout
        self._gap = max(timeout_char, 13000 // baudrate + 1)
        _sim.call("uart_open", self._id, baudrate)

    def deinit(self):
        """Close the line."""
        _sim.tell("uart_close", self._id)

    def any(self):
        """Return the number of bytes that wait."""
        return _sim.call("uart_any", self._id)

    def read(self, size=-1):
        """Read bytes until a pause; return None if none arrives within the timeout."""
        found = self._wait(size, self._timeout)
        while found and len(found) != size:
            more = self._wait(size - len(found) if size >= 0 else -1, self._gap)
            if not more:
                break
            found += more
        return found or None

    def _wait(self, size, ms):
        end = utime.ticks_add(utime.ticks_ms(), ms)
        while True:
            found = binascii.unhexlify(_sim.call("uart_read", self._id, size))
            if found or utime.ticks_diff(end, utime.ticks_ms()) <= 0:
                return found
            utime.sleep_ms(1)

    def readinto(self, buffer, size=-1):
        """Read bytes into the buffer, as `read` does, and return their number."""
        found = self.read(len(buffer) if size < 0 else min(size, len(buffer)))
        if not found:
            return None
        buffer[: len(found)] = found
        return len(found)

    def readline(self):
        """Read to the end of a line, or as far as bytes arrived."""
        line = b""
        while not line.endswith(b"\n"):
            found = self.read(1)
            if not found:
                break
            line += found
        return line or None

    def write(self, data):
        """Write all the data, and return its size."""
        if isinstance(data, str):
            data = data.encode()
        _sim.tell("uart_write", self._id, binascii.hexlify(bytes(data)).decode())
        return len(data)

    def ioctl(self, request, flags):
        """Answer `select.poll` (request 3)."""
        if request == 3:
            return flags & (4 | (1 if self.any() else 0))
        return -22  # EINVAL; 0 would answer a request for a descriptor
