"""The places of MicroPython's file systems in the flash of each board."""

from __future__ import annotations

from dataclasses import dataclass

from build.firmware.model import FirmwareError, Place
from build.slim.boards import BOARDS

KIB = 1024
MIB = 1024 * KIB

# The sector of all these flash chips, and so the block of littlefs.
BLOCK = 4096

FLASH_SIZES = {"1M": MIB, "2M": 2 * MIB, "4M": 4 * MIB, "8M": 8 * MIB, "16M": 16 * MIB}
FLASH_SIZES["32M"] = 32 * MIB


@dataclass(frozen=True)
class HardwareFacts:
    """Facts about a board's hardware.

    `chip`: the chip that its firmware must be for, "" for a board without flash of its own.

    `manifest`: the manifest that a MicroPython built from source freezes by default.
    """

    chip: str
    flash: int
    manifest: str


# The least flash that the OS runs on, by the chip or its family.
LEAST_FLASH = {"esp32": 4 * MIB, "esp8266": 2 * MIB}

ESP8266_FLASH = 4 * MIB  # most modules have this much, except a few small ones

# By mpy-cross's name of the processor: boards that differ only in their wiring share it.
FACTS = {
    # micropython: ports/esp32/boards/manifest.py, ports/esp8266/boards/manifest.py,
    # ports/unix/variants/manifest.py.
    "xtensawin": HardwareFacts("esp32", 4 * MIB, "$(PORT_DIR)/boards/manifest.py"),
    "xtensa": HardwareFacts("esp8266", ESP8266_FLASH, "$(PORT_DIR)/boards/manifest.py"),
    "": HardwareFacts("", 4 * MIB, "$(PORT_DIR)/variants/manifest.py"),
}

# micropython: ports/esp32/partitions-4MiB.csv, -8MiB, -16MiB, -32MiB: "vfs" is from here to the
# end of the flash; the smaller flash has other tables.
_ESP32_VFS = 0x200000

# micropython: ports/esp32/partitions-4MiB-romfs.csv.
_ESP32_ROMFS = Place("romfs", 0x1E0000, 128 * KIB)

# micropython: ports/esp8266/modules/flashbdev.py: "20K at the flash end is reserved for SDK
# params storage".
_ESP8266_SDK = 20 * KIB

# micropython: ports/esp8266/boards/esp8266_2MiB.ld and esp8266_1MiB.ld: the file system begins
# where the firmware's part ends; flashbdev.py leaves one sector out if that is below 1 MiB.
_ESP8266_VFS = MIB
_ESP8266_VFS_1M = 0x98000 + BLOCK

# micropython: ports/esp8266/boards/esp8266_2MiB_ROMFS.ld: FLASH_ROMFS, memory mapped.
ESP8266_ROMFS = Place("romfs", 0xB0000, 320 * KIB)

NEEDS_ROMFS = (
    "An ESP8266 needs MicroPython's variant FLASH_2M_ROMFS, 1.25 or newer: from .mpy files the OS "
    "leaves no memory for an app."
)

# The OS's share of it: the factory's slot at its beginning, and two for releases over the air
# (adapters/esp8266/romslot.py).
ROM_SLOT = 26 * BLOCK

# The unix port has no flash; simulated boards mount an image of this size.
_UNIX_VFS = Place("vfs", 0, MIB)


def facts(board: str) -> HardwareFacts:
    """Return the facts of a board. Raise `FirmwareError` if its flash is unknown."""
    try:
        return FACTS[BOARDS[board].arch]
    except KeyError:
        raise FirmwareError("nothing is known of the flash of the board %s" % board) from None


def places(board: str, flash: int = 0) -> dict[str, Place]:
    """Return the places of a board with this much flash (0: its usual size), by name."""
    known = facts(board)
    flash = flash or known.flash
    if known.chip == "esp32":
        if flash < LEAST_FLASH[known.chip]:
            raise FirmwareError("the file system of an ESP32 needs 4M of flash at least")
        return {"vfs": Place("vfs", _ESP32_VFS, flash - _ESP32_VFS), "romfs": _ESP32_ROMFS}
    if known.chip == "esp8266":
        if flash < LEAST_FLASH[known.chip]:  # the firmware for it has no ROMFS
            return {"vfs": esp8266_vfs(flash, small=True)}
        return {"vfs": esp8266_vfs(flash), "romfs": ESP8266_ROMFS}
    return {"vfs": _UNIX_VFS, "romfs": Place("romfs", 0, _ESP32_ROMFS.size)}


def room(place: Place) -> int:
    """Return the bytes of a place that the factory's OS may take."""
    return ROM_SLOT if place == ESP8266_ROMFS else place.size


def esp8266_vfs(flash: int, small: bool = False) -> Place:
    """Return the file system's place on an ESP8266; `small`: its firmware is for 1 MiB of flash."""
    start = _ESP8266_VFS_1M if small else _ESP8266_VFS
    size = flash - _ESP8266_SDK - start
    if size <= 0:
        raise FirmwareError("%d KiB of flash have no room for a file system" % (flash // KIB))
    return Place("vfs", start, size)
