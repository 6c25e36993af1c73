"""The image for a board: the OS in a firmware, and the files that make the board its owner's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from app.install.errors import InstallError
from app.install.flasher import FoundChip
from build.firmware import base as bases
from build.firmware import images, layout, lfs
from build.firmware.base import Base
from build.firmware.insert import put
from build.firmware.model import FirmwareError

_ESP32 = "esp32"  # stands for its family
_START = "main.py"


@dataclass(frozen=True)
class ChipImage:
    """An image: the flash's bytes from `start` on, and the banner of its MicroPython."""

    data: bytes
    start: int
    micropython: str


def family(chip: FoundChip) -> str:
    """Return the kind of firmware for a chip: "esp8266" or "esp32". Raise `InstallError`."""
    if chip.name == "esp8266":
        kind = chip.name
    elif chip.name in bases.BOOTLOADERS:
        kind = _ESP32
    else:
        known = ", ".join(["esp8266", *bases.BOOTLOADERS])
        raise InstallError("the OS does not run on an %s - it does on %s" % (chip.name, known))
    least = layout.LEAST_FLASH[kind]
    if 0 < chip.flash < least:
        raise InstallError(
            "this %s has %d KiB of flash, and the OS needs %d - take another module"
            % (chip.name, chip.flash // layout.KIB, least // layout.KIB)
        )
    return kind


def made(
    board: str, chip: FoundChip, base: bytes, trust: bytes | None, say: Callable[[str], object]
) -> ChipImage:
    """Put the OS into a MicroPython, for this very chip. Raise `FirmwareError`."""
    _check_chip(images.read_base(board, base, chip.flash), chip)
    options = images.BuildOptions(base, flash=chip.flash, trust=trust)
    flashable = images.make(board, options, say).flashable
    assert flashable is not None  # there is a base
    return ChipImage(flashable.data, flashable.start, flashable.micropython)


def provisioned(data: bytes, chip: FoundChip, files: dict[str, bytes]) -> ChipImage:
    """Add files to the file system of a whole image. Raise `FirmwareError` if it is not for this
    chip and its flash, is damaged, or has no OS."""
    base = bases.read(data, family(chip), chip.flash)
    _check_chip(base, chip)
    place = base.places["vfs"]
    begin, end = place.offset - base.start, place.end - base.start
    if not end <= len(data) <= base.flash - base.start:
        size = "%dM" % (base.flash // layout.MIB)
        raise FirmwareError(
            "it is no whole image for %s of flash - make it with pythings build --flash-size %s, "
            "or give a bare MicroPython with --base" % (size, size)
        )
    there = lfs.read(data[begin:end])
    if _START not in there:
        raise FirmwareError("it has no OS in its file system - give it with --base")
    if files:
        filled, _ = lfs.make({**there, **files}, place.size // layout.BLOCK * layout.BLOCK)
        return ChipImage(put(base.data, base.start, place, filled), base.start, base.micropython)
    return ChipImage(base.data, base.start, base.micropython)


def _check_chip(base: Base, chip: FoundChip) -> None:
    if base.chip != chip.name:
        raise FirmwareError("it is for another chip: %s, not %s" % (base.chip, chip.name))
