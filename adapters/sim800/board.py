"""The hardware of a modem on a MicroPython board: a UART and pins."""

from __future__ import annotations

import os
from typing import Any

import machine

from domain.errors import DeviceError
from ports.clock import Clock
from ports.storage import Storage

_TICK_MS = 5
_PIECE = 64  # bytes written at once
_BUFFER = 1024  # bytes that may come between two reads: a piece of a body, and its frame

PINS = "modem_pins"  # the file
_WIRES = ("uart", "tx", "rx", "key", "reset", "power")


class BoardModem:
    """A UART with the modem's pins; fills the port `uart`. `wires`: the number of the UART, and
    pins by name (-1: no wire)."""

    def __init__(self, clock: Clock, wires: dict[str, int]) -> None:
        self._clock = clock
        self._wires = wires
        self._uart: Any = None

    def open(self, baud: int) -> None:
        """Open the UART; raise DeviceError `uart` for pins that the board does not have."""
        wires = self._wires
        number = wires["uart"]
        pins = {name: wires[name] for name in ("tx", "rx") if wires[name] >= 0}
        try:
            if wires["power"] >= 0:
                machine.Pin(wires["power"], machine.Pin.OUT).value(1)
            if self._uart is None:
                if not number:
                    # The console's line is the modem's now.
                    os.dupterm(None, 1)  # type: ignore[attr-defined]
                self._uart = machine.UART(number, baud)
            self._uart.init(baud, timeout=0, rxbuf=_BUFFER, **pins)
        except (ValueError, OSError, TypeError) as error:
            self._uart = None
            raise DeviceError(
                "uart", "no UART on %r: %s - check %s" % (wires, error, PINS)
            ) from None

    def read(self, size: int, limit_ms: int) -> bytes:
        """Read at most `size` bytes; poll, as the UART's timeout cannot vary from read to read."""
        uart = self._opened()
        until = self._clock.monotonic() + limit_ms
        while not uart.any():
            if self._clock.monotonic() >= until:
                return b""
            self._clock.sleep(_TICK_MS)
        return uart.read(size) or b""

    def write(self, data: bytes) -> None:
        """Write all the data, as fast as the line is."""
        uart = self._opened()
        for at in range(0, len(data), _PIECE):
            rest = data[at : at + _PIECE]
            while rest:
                rest = rest[uart.write(rest) or 0 :]

    def close(self) -> None:
        """Close the UART: nothing is received any more."""
        if self._uart is not None:
            self._uart.deinit()
            self._uart = None

    def pull(self, name: str, ms: int) -> bool:
        """Pull a pin of the modem low for `ms`; return False where it has no wire."""
        pin = self._wires[name]
        if pin < 0:
            return False
        wire = machine.Pin(pin, machine.Pin.OUT)
        wire.value(0)
        self._clock.sleep(ms)
        wire.value(1)
        return True

    def _opened(self) -> Any:
        if self._uart is None:
            raise DeviceError("uart", "the modem's UART is not open")
        return self._uart


def wires(storage: Storage, usual: dict[str, int]) -> tuple[dict[str, int], list[str]]:
    """Return the wires that the file `modem_pins` names (`tx=27 rx=26 key=4`), and its errors; a
    wire that is missing there, or wrong, is as in `usual`."""
    found = dict(usual)
    problems = []
    try:
        words = (storage.read(PINS, 256) or b"").decode().split()
    except (DeviceError, UnicodeError) as error:
        return found, ["%s is not readable: %s" % (PINS, error)]
    for word in words:
        name, number = (word.split("=") + [""])[:2]
        digits = number[1:] if number[:1] == "-" else number
        wrong = not digits or len(digits) > 2 or digits.strip("0123456789")
        if name not in _WIRES or wrong or not -1 <= int(number) < 64:
            problems.append("%s has %r, and is like: tx=27 rx=26 key=4 reset=-1" % (PINS, word))
        else:
            found[name] = int(number)
    return found, problems
