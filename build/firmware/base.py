"""A MicroPython firmware to put the OS into: its chip, its version, its file systems."""

from __future__ import annotations

import hashlib
import re
import struct
from dataclasses import dataclass

from build.firmware import espimage, layout, mpy, partitions
from build.firmware.model import FirmwareError, Place

# ESP-IDF: where the second stage bootloader of each chip of the family is
# (CONFIG_BOOTLOADER_OFFSET_IN_FLASH); micropython: ports/esp32/makeimg.py writes an image that
# begins with it, other tools one that begins with the flash.
BOOTLOADERS = {"esp32": 0x1000, "esp32s2": 0x1000, "esp32s3": 0, "esp32c3": 0, "esp32c6": 0}
_BLANK = 0x1000
# ESP-IDF: esp_app_desc_t, behind the headers of the image and of its first segment.
_DESCRIPTION = b"\x32\x54\xcd\xab"
_DESCRIPTION_AT = 0x20
# micropython pull request 17337: without a partition for the file system the firmware makes one,
# from the end of the last partition to the end of the flash.
_OWN_VFS_SINCE = (1, 26)

# micropython: ports/esp8266/makeimg.py: the part in RAM, its length and that of the whole, the
# part in flash, the MD5 of all but the first four bytes, which flashing may change.
_SIZE_AT = 0x8FFC
_HEADER = 4
_DIGEST = 16
# micropython: ports/esp8266/boards/ESP8266_GENERIC/mpconfigboard.h.
_VARIANT = re.compile(rb"ESP module \((\w{1,8})\)")


@dataclass(frozen=True)
class Base:
    """A parsed firmware. `start`: the flash's address of its first byte.

    `programs`: offset and length of each in it. `flash`: the chip's bytes of flash, as assumed.
    """

    chip: str
    data: bytes
    start: int
    version: tuple[int, int]
    micropython: str
    places: dict[str, Place]
    programs: tuple[tuple[int, int], ...]
    flash: int


def read(data: bytes, chip: str, flash: int = 0) -> Base:
    """Parse a firmware for this chip; "esp32" stands for all of its family.

    `flash`: bytes of flash, or 0 for the size that the firmware states. Raise `FirmwareError`.
    """
    image = espimage.parse(data[_start(data, chip) :])
    if image.chip not in (BOOTLOADERS if chip == "esp32" else (chip,)):
        raise FirmwareError("it is for another chip: %s, not %s" % (image.chip, chip))
    return _esp8266(data, image, flash) if chip == "esp8266" else _esp32(data, image, flash)


def _start(data: bytes, chip: str) -> int:
    """Return the offset of the first program in the file."""
    blank = chip != "esp8266" and len(data) > _BLANK and set(data[:_BLANK]) == {0xFF}
    return _BLANK if blank else 0


def _esp32(data: bytes, boot: espimage.Image, flash: int) -> Base:
    bootloader = BOOTLOADERS[boot.chip]
    start = bootloader - _start(data, boot.chip)
    if start < 0:
        raise FirmwareError("it does not begin where an %s begins to run" % boot.chip)
    if data[_DESCRIPTION_AT : _DESCRIPTION_AT + 4] == _DESCRIPTION:
        raise FirmwareError(
            "it is an application alone - take the image that is flashed at 0x%x" % bootloader
        )
    table = partitions.parse(data[partitions.OFFSET - start :])
    app = next((part for part in table if part.kind == partitions.APP), None)
    if app is None:
        raise FirmwareError("it has no partition for an application")
    if app.offset - start >= len(data):
        raise FirmwareError("it is truncated: its application is missing")
    program = espimage.parse(data[app.offset - start : app.end - start])
    if program.chip != boot.chip:
        raise FirmwareError("its application is for another chip: %s" % program.chip)
    at = app.offset - start
    version, text = mpy.banner(data[at : at + program.length])
    flash = flash or boot.flash
    places = _esp32_places(table, version, flash)
    programs = (bootloader - start, boot.length), (at, program.length)
    return Base(boot.chip, data, start, version, text, places, programs, flash)


def _esp32_places(
    table: tuple[partitions.Partition, ...], version: tuple[int, int], flash: int
) -> dict[str, Place]:
    found = {
        part.label: Place(part.label, part.offset, part.size)
        for part in table
        if part.kind == partitions.DATA and part.label in ("vfs", "romfs")
    }
    end = max(part.end for part in table)
    if end > flash:
        raise FirmwareError("it has no room: it is for %d bytes of flash, not %d" % (end, flash))
    if "vfs" in found:
        return found
    if version < _OWN_VFS_SINCE or any(part.label == "ffat" for part in table):
        raise FirmwareError("it has no partition vfs for a file system of littlefs")
    if end >= flash:
        raise FirmwareError("it has no room for a file system in %d bytes of flash" % flash)
    return {**found, "vfs": Place("vfs", end, flash - end)}


def _esp8266(data: bytes, image: espimage.Image, flash: int) -> Base:
    if image.segments == 1:  # micropython: ports/esp8266/modesp.c, IS_OTA_FIRMWARE
        raise FirmwareError("it is for yaota8266, whose layout is another - take one without OTA")
    length = _esp8266_length(data)
    version, text = mpy.banner(data[:length])
    found = _VARIANT.search(data[:length])
    variant = found.group(1) if found else b""
    if variant == b"512K":
        raise FirmwareError("it has no file system: it is for 512 KiB of flash")
    small = variant == b"1M"
    flash = flash or (layout.MIB if small else layout.ESP8266_FLASH)
    places = {"vfs": layout.esp8266_vfs(flash, small)}
    # The one variant that can mount a ROMFS has room for it; see build/firmware/layout.py.
    if b"VfsRom" in data[:length] and not small:
        places["romfs"] = layout.ESP8266_ROMFS
    if length > min(place.offset for place in places.values()):
        raise FirmwareError("it has no room: its program is %d bytes long" % length)
    programs = ((0, length),)
    return Base("esp8266", _sized(data, flash), 0, version, text, places, programs, flash)


def _esp8266_length(data: bytes) -> int:
    """Return the length of the whole firmware, checked against its own digest."""
    if len(data) < _SIZE_AT + 4:
        raise FirmwareError("it is truncated: %d bytes" % len(data))
    (size,) = struct.unpack_from("<I", data, _SIZE_AT)
    if not _SIZE_AT < size <= layout.MIB:
        raise FirmwareError("it is not a MicroPython for the ESP8266")
    if len(data) < size + _DIGEST:
        raise FirmwareError("it is truncated: %d bytes of %d" % (len(data), size + _DIGEST))
    digest = hashlib.md5(data[_HEADER:size], usedforsecurity=False).digest()
    if digest != data[size : size + _DIGEST]:
        raise FirmwareError("it is damaged: its MD5 is wrong")
    return int(size) + _DIGEST


def _sized(data: bytes, flash: int) -> bytes:
    """Set the flash size in the firmware's header, where `esp.flash_size` reads it."""
    for number, size in espimage.FLASH_SIZES["esp8266"].items():
        if size == flash:
            return data[:3] + bytes([data[3] & 15 | number << 4]) + data[4:]
    raise FirmwareError("an ESP8266 has no flash of %d bytes" % flash)
