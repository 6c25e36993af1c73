"""A Modbus RTU slave on a serial line (MODBUS over serial line V1.02, application V1.1b3)."""

from __future__ import annotations

from app.simulator.errors import SimError
from app.simulator.parts.part import CORRUPT, SILENT, Part, number

BUSY = "busy"  # exception 6

_READ_HOLDING, _READ_INPUT, _WRITE_ONE, _WRITE_MANY = 3, 4, 6, 16
_FUNCTION, _ADDRESS, _VALUE, _SLAVE_BUSY = 1, 2, 3, 6  # exceptions
_TURN_S = 0.005  # until it answers
_MOST = 125  # registers in one answer
_BITS = 10  # of a byte on the line


def crc16(data: bytes) -> bytes:
    """Return the checksum of Modbus, low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc.to_bytes(2, "little")


class Modbus(Part):
    """A slave with registers as values, by their classic numbers.

    30001 is the first input register, 40001 the first holding register, which the master can
    write. Sending takes as long as on a real line.
    """

    WIRES = {"uart": None, "baud": 9600, "address": 1}
    FAULTS = (SILENT, CORRUPT, BUSY)

    def lose_power(self) -> None:
        """Discard all bytes on the line."""
        self._heard = b""
        self._said = b""
        self._starts = 0.0

    def _checked(self, key: str, value: float) -> float:
        known = key.isascii() and key.isdigit() and int(key) // 10000 in (3, 4) and len(key) == 5
        if not known or int(key) % 10000 == 0:
            raise SimError("%s: %s is no register - 30001 to 39999, 40001 to" % (self.name, key))
        if not -0x8000 <= value <= 0xFFFF or value != int(value):
            raise SimError("%s: %s is a whole number from -32768 to 65535" % (self.name, key))
        return value

    def hear(self, data: bytes, baud: int) -> None:
        """Take bytes from the master; at another speed they are noise."""
        self._heard += data if baud == self.wires["baud"] else b""
        size = self._wanted()
        if size and len(self._heard) >= size:
            frame, self._heard = self._heard[:size], b""
            self._answer(frame, size)
        elif len(self._heard) > 256:  # the longest frame
            self._heard = b""

    def say(self) -> bytes:
        """Return the bytes that have arrived at the board by now."""
        count = int((self.clock() - self._starts) * self.wires["baud"] / _BITS)
        if not self._said or count <= 0:
            return b""
        found, self._said = self._said[:count], self._said[count:]
        self._starts += len(found) * _BITS / self.wires["baud"]
        return found

    def _wanted(self) -> int:
        """Return the length of the request that has begun; 0 while it is unknown."""
        if len(self._heard) >= 7 and self._heard[1] == _WRITE_MANY:
            return 9 + self._heard[6]
        return 8 if len(self._heard) >= 2 and self._heard[1] != _WRITE_MANY else 0

    def _answer(self, frame: bytes, size: int) -> None:
        address = self.wires["address"]
        if frame[0] not in (address, 0) or crc16(frame[:-2]) != frame[-2:]:
            return  # to another slave, or damaged: a slave stays silent
        fault = self.fault()
        said = bytes([_SLAVE_BUSY]) if fault == BUSY else self._obeyed(frame)
        function = frame[1] | (0x80 if len(said) == 1 else 0)
        answer = bytes([address, function]) + said
        if frame[0] == 0 or fault == SILENT:  # a broadcast is not answered
            return
        check = crc16(answer)
        self._said = answer + (bytes([check[0] ^ 1, check[1]]) if fault == CORRUPT else check)
        self._starts = self.clock() + size * _BITS / self.wires["baud"] + _TURN_S

    def _obeyed(self, frame: bytes) -> bytes:
        """Return the answer after the function's number; a single byte is an exception."""
        function, first = frame[1], int.from_bytes(frame[2:4], "big")
        count = int.from_bytes(frame[4:6], "big")
        if function in (_READ_HOLDING, _READ_INPUT):
            if not 1 <= count <= _MOST:
                return bytes([_VALUE])
            base = 40001 if function == _READ_HOLDING else 30001
            keys = [str(base + first + n) for n in range(count)]
            if any(key not in self.values for key in keys):
                return bytes([_ADDRESS])
            data = b"".join((int(self.values[key]) & 0xFFFF).to_bytes(2, "big") for key in keys)
            return bytes([len(data)]) + data
        if function == _WRITE_ONE:
            return self._written(first, frame[4:6]) or frame[2:6]
        if function == _WRITE_MANY:
            if len(frame) != 9 + 2 * count:
                return bytes([_VALUE])
            return self._written(first, frame[7:-2]) or frame[2:6]
        return bytes([_FUNCTION])

    def _written(self, first: int, data: bytes) -> bytes:
        keys = [str(40001 + first + n) for n in range(len(data) // 2)]
        if any(key not in self.values for key in keys):
            return bytes([_ADDRESS])
        for n, key in enumerate(keys):
            value = int.from_bytes(data[2 * n : 2 * n + 2], "big")
            self.values[key] = number(key, str(value))
            self.tell("part", part=self.name, register=int(key), value=value)
        return b""
