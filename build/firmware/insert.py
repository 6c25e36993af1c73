"""Insertion of the OS into a firmware, read back from there as a check."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from build.firmware import base as bases
from build.firmware import lfs, romfs
from build.firmware.base import Base
from build.firmware.layout import BLOCK, room
from build.firmware.model import BoardRelease, FirmwareError, Flashable, Place, Use


def insert(base: Base, release: BoardRelease) -> Flashable:
    """Make one image to flash: the firmware, and the OS in its file systems.

    With a ROMFS the modules lie there and are executed in place; only the files that start them lie
    in the other file system, where the board writes.
    """
    contents = {"vfs": release.all}
    if "romfs" in base.places:
        contents = {"romfs": release.files, "vfs": release.start}
    data, uses = base.data, []
    for name, files in contents.items():
        place = base.places[name]
        image, used = _image(place, files)
        uses.append(Use(Place(name, place.offset, room(place)), used))
        data = put(data, base.start, place, image)
    _check(data, base, contents)
    return Flashable(data, base.start, tuple(uses), base.micropython)


def _image(place: Place, files: dict[str, bytes]) -> tuple[bytes, int]:
    if place.name == "vfs":
        return lfs.make(files, place.size // BLOCK * BLOCK)
    image = romfs.make(files)
    if len(image) > room(place):
        raise FirmwareError(
            "it has no room: the OS needs %d bytes of its ROMFS, which has %d for it"
            % (len(image), room(place))
        )
    return image, len(image)


def put(data: bytes, start: int, place: Place, image: bytes) -> bytes:
    """Fill a place in the flash's bytes with an image; erase the rest of the place."""
    before, after = place.offset - start, place.end - start
    return data[:before].ljust(before, b"\xff") + image.ljust(place.size, b"\xff") + data[after:]


def _check(data: bytes, base: Base, contents: dict[str, dict[str, bytes]]) -> None:
    """Read all files back from the finished image, as a board would, and compare them."""
    again = bases.read(data, base.chip, base.flash)
    if again.places != base.places or again.micropython != base.micropython:
        raise FirmwareError("the image does not read back: its layout has changed")
    for name, files in contents.items():
        place = base.places[name]
        image = data[place.offset - base.start : place.end - base.start]
        found = lfs.read(image) if name == "vfs" else romfs.read(image)
        if found != files:
            raise FirmwareError("the image does not read back: %s has other files" % name)
    for at, length in base.programs:
        _esptool(data[at : at + length], base.chip)


def _esptool(program: bytes, chip: str) -> None:
    """Validate a program with the chip maker's own tool."""
    try:
        new = int(metadata.version("esptool").split(".")[0]) >= 5
    except metadata.PackageNotFoundError:
        raise FirmwareError("esptool is missing - install the package esptool") from None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "program.bin")
        file.write_bytes(program)
        command = ["image-info"] if new else ["image_info", "--version", "2"]
        line = [sys.executable, "-m", "esptool", "--chip", chip, *command, str(file)]
        done = subprocess.run(line, capture_output=True, text=True, check=False)
    if done.returncode or re.search(r"\binvalid\b", done.stdout):
        last = (done.stdout + done.stderr).strip().splitlines()[-1:]
        raise FirmwareError("esptool does not accept the image: %s" % "".join(last))
