"""All parts of a board, and the requests `do_...` of the board's stand-ins about them."""

from __future__ import annotations

from typing import Callable, Iterator, TypeVar

from app.simulator.errors import HardwareRefusal, SimError
from app.simulator.parts.bme280 import Bme280
from app.simulator.parts.dht22 import Dht22
from app.simulator.parts.ds18b20 import Ds18b20
from app.simulator.parts.modbus import Modbus
from app.simulator.parts.part import CORRUPT, SILENT, STUCK, Part, Tell
from app.simulator.parts.simple import Analog, Button, Led

KINDS: dict[str, type[Part]] = {
    "bme280": Bme280,
    "dht22": Dht22,
    "ds18b20": Ds18b20,
    "analog": Analog,
    "button": Button,
    "led": Led,
    "modbus": Modbus,
}

_ENODEV = 19
_ETIMEDOUT = 110  # the interpreter's; 116 on an ESP32
_MOST = 32  # parts: a board has no more pins

P = TypeVar("P", bound=Part)


class Wiring:
    """The parts of a board; `drive(pin, levels)` applies levels to a pin."""

    def __init__(self, tell: Tell, drive: Callable[[int, list[int]], None]) -> None:
        self.parts: dict[str, Part] = {}
        self._tell, self._drive = tell, drive

    def add(self, name: str, kind: str, fields: dict[str, str]) -> None:
        """Add a part, or replace the one of that name; raise `SimError` if that is not possible."""
        if kind not in KINDS:
            raise SimError("there is no part %r - there are %s" % (kind, ", ".join(KINDS)))
        if name not in self.parts and len(self.parts) >= _MOST:
            raise SimError("there are %d parts already" % _MOST)
        part = self.parts[name] = KINDS[kind](name, dict(fields), self._tell)
        if isinstance(part, Button):
            pin = part.wires["pin"]
            part.drive = lambda levels: self._drive(pin, levels)
            self._drive(pin, [0 if part.values["pressed"] else 1])

    def part(self, name: str) -> Part:
        """Return the part with that name; raise `SimError` if there is none."""
        if name not in self.parts:
            known = ", ".join(self.parts) or "none"
            raise SimError("there is no part %r - there are %s" % (name, known))
        return self.parts[name]

    def lose_power(self) -> None:
        """Cut the power of all parts, with the board's."""
        for part in self.parts.values():
            part.lose_power()

    def serial(self, uart: int) -> Modbus | None:
        """Return the part on a serial line, if any."""
        return next(self._at(Modbus, uart=uart), None)

    def level(self, pin: int, level: int) -> None:
        """Set the level of a pin that the board drives."""
        self.do_pwm(pin, 0, 65535 * level)

    def _at(self, kind: type[P], **wires: int) -> Iterator[P]:
        for part in self.parts.values():
            if isinstance(part, kind) and wires.items() <= part.wires.items():
                yield part

    def do_i2c_scan(self, sda: int, scl: int) -> list[int]:
        """Return the addresses that answer on the bus."""
        there = list(self._at(Bme280, sda=sda, scl=scl))
        faults = [part.fault() for part in there]
        if STUCK in faults:
            raise HardwareRefusal("OSError", _ETIMEDOUT)
        found = zip(there, faults)
        return sorted(part.wires["address"] for part, fault in found if fault != SILENT)

    def do_i2c(self, sda: int, scl: int, address: int, sent: str, size: int) -> str:
        """Write to a part, then read from it."""
        for part in self._at(Bme280, sda=sda, scl=scl, address=address):
            fault = part.fault()
            if fault == STUCK:
                raise HardwareRefusal("OSError", _ETIMEDOUT)
            if fault != SILENT:
                found = bytearray(part.exchange(bytes.fromhex(sent), size))
                if fault == CORRUPT and found:
                    found[0] ^= 0x40
                return found.hex()
        raise HardwareRefusal("OSError", _ENODEV)

    def do_dht(self, pin: int) -> str:
        """Return the forty bits of a DHT22."""
        for part in self._at(Dht22, pin=pin):
            found = part.ask()
            if found is not None:
                return found.hex()
        raise HardwareRefusal("OSError", _ETIMEDOUT)

    def do_onewire_reset(self, pin: int) -> bool:
        """Reset the bus, and return whether a part answers."""
        there = [part.reset() for part in self._at(Ds18b20, pin=pin)]
        return any(there)

    def do_onewire_write(self, pin: int, value: int, bits: int) -> None:
        """Write bits to all parts on the bus, the lowest first."""
        for bit in range(bits):
            for part in self._at(Ds18b20, pin=pin):
                part.write(value >> bit & 1)

    def do_onewire_read(self, pin: int, bits: int) -> int:
        """Read bits, the lowest first; a 0 from any part wins."""
        found = 0
        for bit in range(bits):
            found |= min([1, *(part.read() for part in self._at(Ds18b20, pin=pin))]) << bit
        return found

    def do_adc(self, pin: int) -> float:
        """Return the volts on a pin; 0.1 V on one that is not wired."""
        for part in self._at(Analog, pin=pin):
            return part.read()
        return 0.1

    def do_pwm(self, pin: int, _hz: int, duty: int) -> None:
        """Set a pin's duty in 65,535ths."""
        for part in self._at(Led, pin=pin):
            part.shine(duty / 65535)
