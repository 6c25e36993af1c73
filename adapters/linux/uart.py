"""A serial port, by pyserial."""

from __future__ import annotations

import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import serial

from domain.errors import DeviceError

_WRITE_S = 10.0  # without flow control only a pseudo-terminal ever makes us wait


class SerialUart:
    """A serial port. `port`: a device such as `/dev/ttyUSB0`, or `socket://host:port`."""

    def __init__(self, port: str) -> None:
        self._port = port
        self._line: serial.SerialBase | None = None

    def open(self, baud: int) -> None:
        """Open the port for this process alone: two programs would mix up each other's answers."""
        with self._translated():
            if self._line:
                self._line.baudrate = baud
            else:
                self._line = serial.serial_for_url(
                    self._port, baud, timeout=0, write_timeout=_WRITE_S, exclusive=True
                )

    def read(self, size: int, limit_ms: int) -> bytes:
        """Return the bytes received so far, as soon as there are any."""
        line = self._opened()
        with self._translated():
            line.timeout = max(0, limit_ms) / 1000
            first = bytes(line.read(1))
            if not first or size == 1:
                return first
            line.timeout = 0
            return first + bytes(line.read(size - 1))

    def write(self, data: bytes) -> None:
        """Write the data; bytes that the other side does not take are lost, as on a wire."""
        line = self._opened()
        with self._translated(), suppress(serial.SerialTimeoutException):
            line.write(data)

    def pull(self, _name: str, _ms: int) -> bool:
        """Return False: a Linux machine's modem is switched on by hand, or by its board."""
        return False

    def close(self) -> None:
        """Close the port, also one that has failed."""
        line, self._line = self._line, None
        if line:
            connection = getattr(line, "_socket", None)
            with suppress(OSError):
                line.close()
            if connection:  # pyserial leaves it open when the other side has gone
                connection.close()

    def _opened(self) -> serial.SerialBase:
        if self._line is None:
            raise DeviceError("uart", "%s is not open" % self._port)
        return self._line

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, termios.error) as error:  # SerialException is an OSError
            text = "the serial line %s is gone: %s - look after the cable" % (self._port, error)
            raise DeviceError("uart", text) from error
