"""A DS18B20: temperature on the 1-Wire bus, which many of them share (Maxim, 19-7487)."""

from __future__ import annotations

from app.simulator.parts.part import CORRUPT, SILENT, Part

_FAMILY = 0x28
_POWER_ON = 85 * 16  # the reading before the first measurement
_CONVERT_S = 0.75  # with twelve bits
_SEARCH, _READ, _MATCH, _SKIP = 0xF0, 0x33, 0x55, 0xCC
_CONVERT, _READ_SCRATCH, _WRITE_SCRATCH = 0x44, 0xBE, 0x4E


def crc8(data: bytes) -> int:
    """Return the checksum of 1-Wire."""
    crc = 0
    for byte in data:
        for bit in range(8):
            odd = (crc ^ byte >> bit) & 1
            crc = crc >> 1 ^ (0x8C if odd else 0)
    return crc


class Ds18b20(Part):
    """The sensor; `serial`: its number, unique on a bus. It answers bit by bit."""

    WIRES = {"pin": None, "serial": 1}
    VALUES = {"temperature": 21.5}
    LIMITS = {"temperature": (-55, 125)}
    FAULTS = (SILENT, CORRUPT)

    def lose_power(self) -> None:
        """Forget the measurement."""
        rom = bytes([_FAMILY]) + self.wires["serial"].to_bytes(6, "little")
        self.rom = rom + bytes([crc8(rom)])
        self._scratch = bytearray(b"\0\0\x4b\x46\x7f\xff\x0c\x10")
        self._keep(_POWER_ON)
        self._done: float | None = None
        self._state = ""
        self._corrupt = False

    def reset(self) -> bool:
        """Start to answer after a reset, and return whether the sensor signals its presence."""
        fault = self.fault()
        self._corrupt = fault == CORRUPT
        self._begin("" if fault == SILENT else "rom")
        return fault != SILENT

    def _begin(self, state: str, out: bytes = b"") -> None:
        self._state, self._in, self._count = state, 0, 0
        self._out = [byte >> bit & 1 for byte in out for bit in range(8)]

    def read(self) -> int:
        """Return a bit; 1, the level of an idle line, if there is nothing to send."""
        if self._state == "search":
            bit = self._rom_bit()
            self._count += 1
            return bit if self._count % 3 == 1 else 1 - bit
        if self._state == "convert":
            self._measure()
            return 1 if self._done is None else 0
        return self._out.pop(0) if self._out else 1

    def write(self, bit: int) -> None:
        """Take a bit from the master."""
        if self._state == "search":
            if bit != self._rom_bit():
                self._begin("")  # another sensor is addressed
                return
            self._count += 1
            if self._count == 3 * 64:
                self._begin("function")
            return
        self._in |= bit << self._count
        self._count += 1
        if self._count == 64 and self._state == "match":
            self._begin("function" if self._in == int.from_bytes(self.rom, "little") else "")
        elif self._count == 8 and self._state in ("rom", "function"):
            self._command(self._in)
        elif self._count == 24 and self._state == "write":
            self._scratch[2:5] = self._in.to_bytes(3, "little")

    def _rom_bit(self) -> int:
        number = self._count // 3
        return self.rom[number >> 3] >> (number & 7) & 1

    def _command(self, byte: int) -> None:
        self._measure()
        if self._state == "rom":
            state = {_SEARCH: "search", _MATCH: "match", _SKIP: "function"}.get(byte, "")
            self._begin(state, self.rom if byte == _READ else b"")
        elif byte == _CONVERT:
            self._done = self.clock() + _CONVERT_S
            self._begin("convert")
        elif byte == _READ_SCRATCH:
            wrong = 1 if self._corrupt else 0
            data = bytes(self._scratch)
            self._begin("out", data + bytes([crc8(data) ^ wrong]))
        else:
            self._begin("write" if byte == _WRITE_SCRATCH else "")

    def _measure(self) -> None:
        if self._done is not None and self.clock() >= self._done:
            self._keep(round(self.values["temperature"] * 16))
            self._done = None

    def _keep(self, sixteenths: int) -> None:
        self._scratch[:2] = sixteenths.to_bytes(2, "little", signed=True)
