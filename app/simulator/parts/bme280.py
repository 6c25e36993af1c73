"""A BME280: temperature, humidity and pressure over I2C (Bosch Sensortec, BST-BME280-DS002).

It has registers and calibration constants as a real one; a driver computes the values measured.
"""

from __future__ import annotations

import struct
from typing import Callable

from app.simulator.parts.part import CORRUPT, SILENT, STUCK, Part

# Trimming (4.2.2): T1-T3 and P1-P9 as in the data sheet's example of the BMP280; H1-H6.
_T = (27504, 26435, -1000)
_P = (36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
_H = (75, 362, 0, 313, 50, 30)

_CALIBRATION, _CALIBRATION_H = 0x88, 0xE1
_ID, _RESET, _CTRL_HUM, _STATUS, _CTRL_MEAS, _CONFIG, _DATA = 0xD0, 0xE0, *range(0xF2, 0xF6), 0xF7
_CHIP, _RESET_WORD = 0x60, 0xB6
_SKIPPED = b"\x80\x00\x00\x80\x00\x00\x80\x00"  # the data of skipped measurements
_OVERSAMPLING = (0, 1, 2, 4, 8, 16, 16, 16)
_NORMAL = 3


class Bme280(Part):
    """The sensor; asleep after power-on and after each forced measurement."""

    WIRES = {"sda": None, "scl": None, "address": 0x76}
    VALUES = {"temperature": 21.5, "humidity": 45.0, "pressure": 1013.25}
    LIMITS = {"temperature": (-40, 85), "humidity": (0, 100), "pressure": (300, 1100)}
    FAULTS = (SILENT, STUCK, CORRUPT)

    def lose_power(self) -> None:
        """Set the registers to their values after a reset."""
        self._registers = bytearray(256)
        self._put(_CALIBRATION, struct.pack("<H2hH8h", _T[0], *_T[1:], *_P) + bytes([0, _H[0]]))
        h4, h5 = _H[3], _H[4]
        packed = bytes([h4 >> 4 & 0xFF, h4 & 0xF | (h5 & 0xF) << 4, h5 >> 4 & 0xFF])
        self._put(_CALIBRATION_H, struct.pack("<hB", *_H[1:3]) + packed + struct.pack("<b", _H[5]))
        self._put(_ID, bytes([_CHIP]))
        self._put(_DATA, _SKIPPED)
        self._humidity = 0  # ctrl_hum, in force since ctrl_meas was written (5.4.3)
        self._at = 0
        self._done: float | None = None  # when the current measurement ends

    def exchange(self, sent: bytes, size: int) -> bytes:
        """Take the bytes that the master writes, and return those that it reads.

        It writes pairs of a register's number and value; or a number alone, to read registers from
        there on (6.2).
        """
        self._measure()
        if sent:
            self._at = sent[0]
            for register, value in zip((self._at, *sent[2::2]), sent[1::2]):
                self._write(register, value)
        found = bytes(self._registers[(self._at + n) & 0xFF] for n in range(size))
        self._at += size
        return found

    def _write(self, register: int, value: int) -> None:
        if register == _RESET and value == _RESET_WORD:
            self.lose_power()
        elif register in (_CTRL_HUM, _CTRL_MEAS, _CONFIG):
            self._registers[register] = value
        if register == _CTRL_MEAS:
            self._humidity = self._registers[_CTRL_HUM] & 7
            if value & 3:
                self._begin()

    def _begin(self) -> None:
        """Start a measurement, which takes the longest time given in 9.1."""
        t, p, h = self._rates()
        ms = 1.25 + 2.3 * t + (2.3 * p + 0.575) * bool(p) + (2.3 * h + 0.575) * bool(h)
        self._done = self.clock() + ms / 1000
        self._registers[_STATUS] |= 8

    def _rates(self) -> tuple[int, int, int]:
        control = self._registers[_CTRL_MEAS]
        rates = (control >> 5, control >> 2 & 7, self._humidity)
        t, p, h = (_OVERSAMPLING[rate] for rate in rates)
        return t, p, h

    def _measure(self) -> None:
        """Store the measurement, if it has ended by now."""
        if self._done is None or self.clock() < self._done:
            return
        t, p, h = self._rates()
        self._put(_DATA, raw(self.values, bool(t), bool(p), bool(h)))
        if self._registers[_CTRL_MEAS] & 3 == _NORMAL:  # it measures repeatedly
            return
        self._registers[_STATUS] &= ~8
        self._registers[_CTRL_MEAS] &= ~3
        self._done = None

    def _put(self, start: int, data: bytes) -> None:
        self._registers[start : start + len(data)] = data


def raw(values: dict[str, float], t: bool, p: bool, h: bool) -> bytes:
    """Return the data registers for these values: press, temp, hum; unmeasured ones as skipped."""
    adc_t = _searched(20, lambda adc: fine(adc) / 5120 <= values["temperature"])
    at = fine(adc_t)
    adc_p = _searched(20, lambda adc: pressure(adc, at) >= values["pressure"] * 100)
    adc_h = _searched(16, lambda adc: humidity(adc, at) <= values["humidity"])
    found = bytearray(_SKIPPED)
    if p:
        found[:3] = (adc_p << 4).to_bytes(3, "big")
    if t:
        found[3:6] = (adc_t << 4).to_bytes(3, "big")
    if h:
        found[6:] = adc_h.to_bytes(2, "big")
    return bytes(found)


def fine(adc: int) -> float:
    """Return 5,120 times the temperature (8.1)."""
    first = (adc / 16384 - _T[0] / 1024) * _T[1]
    return first + (adc / 131072 - _T[0] / 8192) ** 2 * _T[2]


def pressure(adc: int, at: float) -> float:
    """Return the pressure in Pa, with `at` as from `fine` (8.1)."""
    first = at / 2 - 64000
    second = first * first * _P[5] / 32768 + first * _P[4] * 2
    second = second / 4 + _P[3] * 65536
    first = (_P[2] * first * first / 524288 + _P[1] * first) / 524288
    first = (1 + first / 32768) * _P[0]
    found = (1048576 - adc - second / 4096) * 6250 / first
    return found + (_P[8] * found * found / 2147483648 + found * _P[7] / 32768 + _P[6]) / 16


def humidity(adc: int, at: float) -> float:
    """Return the humidity in percent, with `at` as from `fine` (8.1)."""
    found = at - 76800
    found = (adc - (_H[3] * 64 + _H[4] / 16384 * found)) * (
        _H[1] / 65536 * (1 + _H[5] / 67108864 * found * (1 + _H[2] / 67108864 * found))
    )
    return found * (1 - _H[0] * found / 524288)


def _searched(bits: int, below: Callable[[int], bool]) -> int:
    """Return the largest number for which `below` holds; all these functions are monotonic."""
    found = 0
    for bit in reversed(range(bits)):
        if below(found | 1 << bit):
            found |= 1 << bit
    return found
