"""Images of programs for Espressif's chips: the header, the segments, the checksums.

Source: Espressif, esptool documentation, "Firmware Image Format"; ESP-IDF, "App Image Format".
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from functools import reduce
from operator import xor

from build.firmware.model import FirmwareError

MAGIC = 0xE9
_HEADER = 8
_EXTENDED = 24  # all chips but the ESP8266
_DIGEST = 32
_MOST_SEGMENTS = 16
_CHECKSUM = 0xEF

# ESP-IDF: esp_chip_id_t.
_CHIPS = {
    0: "esp32",
    2: "esp32s2",
    5: "esp32c3",
    9: "esp32s3",
    12: "esp32c2",
    13: "esp32c6",
    16: "esp32h2",
    18: "esp32p4",
    20: "esp32c61",
    23: "esp32c5",
}
# Only the ESP8266 begins to run here; its header has no field for the chip.
_ESP8266_IRAM = range(0x40100000, 0x40110000)

_MB = 1024 * 1024
FLASH_SIZES = {
    "esp8266": {0: _MB // 2, 1: _MB // 4, 2: _MB, 3: 2 * _MB, 4: 4 * _MB, 8: 8 * _MB, 9: 16 * _MB},
    "esp32": {number: _MB << number for number in range(8)},
}


@dataclass(frozen=True)
class Image:
    """A whole and valid image: its chip, its length, and the flash size in its header."""

    chip: str
    length: int
    flash: int
    segments: int


def parse(data: bytes) -> Image:
    """Parse the image at the beginning of `data`. Raise `FirmwareError` if it is damaged."""
    if len(data) < _EXTENDED or data[0] != MAGIC:
        raise FirmwareError("it is not a firmware for a chip of Espressif")
    chip = _chip(data)
    segments = data[1]
    if not 1 <= segments <= _MOST_SEGMENTS:
        raise FirmwareError("its header is damaged: it has %d segments" % segments)
    at = _HEADER if chip == "esp8266" else _EXTENDED
    checksum = _CHECKSUM
    for _ in range(segments):
        (length,) = struct.unpack_from("<I", _whole(data, at, 8), 4)
        checksum ^= reduce(xor, _whole(data, at + 8, length), 0)
        at += 8 + length
    at |= 15  # the last byte of 16 is the checksum
    if _whole(data, at, 1)[0] != checksum:
        raise FirmwareError("it is damaged: its checksum is wrong")
    length = at + 1
    if chip != "esp8266" and data[_EXTENDED - 1]:
        digest = _whole(data, length, _DIGEST)
        if hashlib.sha256(data[:length]).digest() != digest:
            raise FirmwareError("it is damaged: its digest is wrong")
        length += _DIGEST
    return Image(chip, length, _flash(chip, data[3] >> 4), segments)


def _chip(data: bytes) -> str:
    entry, number = struct.unpack_from("<I4xH", data, 4)
    if entry in _ESP8266_IRAM:
        return "esp8266"
    if number not in _CHIPS:
        raise FirmwareError("it is for an unknown chip, of number %d" % number)
    return _CHIPS[number]


def _flash(chip: str, number: int) -> int:
    return FLASH_SIZES["esp8266" if chip == "esp8266" else "esp32"].get(number, 0)


def _whole(data: bytes, start: int, length: int) -> bytes:
    if start + length > len(data):
        raise FirmwareError("it is truncated: its program ends beyond its last byte")
    return data[start : start + length]
