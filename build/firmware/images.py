"""All images of a board."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

import app
from build.firmware import base as bases
from build.firmware import frozen, layout, lfs, mpy, release, romfs, webtools
from build.firmware.insert import insert
from build.firmware.model import BoardRelease, BuildResult, FirmwareError, Place, Use
from domain.settings.parameters import TRUST

FIRMWARE = "firmware.bin"


@dataclass(frozen=True)
class BuildOptions:
    """The options of a build.

    `base`: the bytes of a firmware. `version`: of `.mpy` files. `flash`: bytes; 0: the board's
    usual size. `trust`: the key list for the OS releases that the board accepts. `make`: makes
    the OS for a board, a version of `.mpy` files, and as source or not; by default anew.
    """

    base: bytes | None = None
    version: int | None = None
    source: bool = False
    flash: int = 0
    trust: bytes | None = None
    make: Callable[[str, int, bool], BoardRelease] | None = None


def make(board: str, options: BuildOptions, say: Callable[[str], object]) -> BuildResult:
    """Make all images of a board in memory, and call `say` with each step.

    Raise `FirmwareError` if one cannot be made.
    """
    base = None
    if options.base is not None:
        say("reading the base firmware")
        base = read_base(board, options.base, options.flash)
    version = options.version or (mpy.version_for(base.version) if base else release.NEWEST)
    say("compiling the OS")
    make_os = options.make or release.make
    os = make_os(board, version, options.source)
    if options.trust is not None:
        os.start[TRUST] = options.trust
    made = BuildResult(board, os)
    # Every MicroPython with ROMFS loads only the newest version of .mpy files.
    in_place = (
        os if options.source or version == release.NEWEST else make_os(board, release.NEWEST, False)
    )
    say("making the file systems")
    places = base.places if base else layout.places(board, options.flash)
    _littlefs(made, places)
    _romfs(made, in_place.files, places)
    made.files.update(frozen.files(board, layout.facts(board).manifest, os.sources))
    if base is not None:
        say("making the firmware, and reading it back")
        mpy.check(os.files, mpy.architecture(base.chip), mpy.version_for(base.version))
        made.flashable = insert(base, os)
        made.files[FIRMWARE] = made.flashable.data
        made.files[webtools.NAME] = webtools.manifest(
            base.chip, made.flashable.start, FIRMWARE, app.__version__
        )
    return made


def read_base(board: str, data: bytes, flash: int) -> bases.Base:
    """Parse the firmware to put the OS into. Raise `FirmwareError` if it does not fit the board."""
    chip = layout.facts(board).chip
    if not chip:
        raise FirmwareError("the board %s has no firmware to put the OS into" % board)
    try:
        return bases.read(data, chip, flash)
    except FirmwareError as error:
        raise FirmwareError("the base firmware cannot be used: %s" % error) from None


def _littlefs(made: BuildResult, places: dict[str, Place]) -> None:
    """Make the image of the file system that the board writes to, with all of the OS."""
    place = places["vfs"]
    image, used = lfs.make(made.release.all, place.size // layout.BLOCK * layout.BLOCK)
    made.files["littlefs.bin"] = image
    made.uses["littlefs.bin"] = Use(place, used)


def _romfs(made: BuildResult, files: dict[str, bytes], places: dict[str, Place]) -> None:
    """Make the image that modules are executed from, even if this flash has no place for it."""
    place = places.get("romfs") or layout.places(made.board)["romfs"]
    image = romfs.make(files)
    room = layout.room(place)
    if len(image) > room:
        text = "the OS does not fit into its part of the ROMFS: it needs %d bytes of %d"
        raise FirmwareError(text % (len(image), room))
    made.files["romfs.bin"] = image
    if "romfs" in places:
        made.uses["romfs.bin"] = Use(Place(place.name, place.offset, room), len(image))
