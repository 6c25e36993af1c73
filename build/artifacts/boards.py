"""The artifacts of a board: archives of its OS, file systems, flashable images."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from build.artifacts.files import zipped
from build.firmware import images, release, webtools
from build.firmware.base import Base
from build.firmware.cache import made_before
from build.firmware.layout import facts
from build.firmware.model import BoardRelease, BuildResult, FirmwareError
from build.release.signing import ReleaseError

_NO_NAME = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True)
class BaseFile:
    """A MicroPython to put the OS into, as downloaded."""

    path: Path
    data: bytes = field(repr=False)
    base: Base

    @property
    def name(self) -> str:
        """Its file's name, without the ending: as MicroPython's own it has board and version."""
        return _NO_NAME.sub("_", self.path.stem)

    def fits(self, board: str) -> bool:
        """Return whether it is for the chip of a board."""
        family = "esp8266" if self.base.chip == "esp8266" else "esp32"
        return facts(board).chip == family


def read_base(path: Path, data: bytes) -> BaseFile:
    """Parse a base, for whichever chip it is. Raise `ReleaseError`."""
    reason = ""
    for board in ("esp32", "esp8266"):
        try:
            return BaseFile(path, data, images.read_base(board, data, 0))
        except FirmwareError as error:
            if "another chip" not in str(error):
                reason = str(error)
    raise ReleaseError("%s: %s" % (path, reason))


def names(prefix: str, mpy: int) -> tuple[str, ...]:
    """Return the names of the artifacts that need no base."""
    forms = ("source.zip", "mpy%d.zip" % mpy, "freeze.zip", "littlefs.bin", "romfs.bin")
    return tuple("%s-%s" % (prefix, form) for form in forms)


def make(board: str, version: str, mpy: int, prefix: str, epoch: int) -> dict[str, bytes]:
    """Make the artifacts that need no base, by name."""
    options = images.BuildOptions(version=mpy, make=partial(os_of, version))
    made = _images(board, options)
    os = made.release
    source = {
        os.folder + name + ".py": text.encode()
        for name, text in os.sources.items()
        if name not in release.START
    }
    frozen = {
        name: data for name, data in made.files.items() if name.startswith(("modules/", "manifest"))
    }
    found = (
        zipped({**source, **os.start}, epoch),
        zipped(os.all, epoch),
        zipped(frozen, epoch),
        made.files["littlefs.bin"],
        made.files["romfs.bin"],
    )
    return dict(zip(names(prefix, mpy), found))


def flashable_names(prefix: str, base: BaseFile) -> tuple[str, str]:
    """Return the names of an image with a base, and of its manifest for ESP Web Tools."""
    name = "%s-on-%s" % (prefix, base.name)
    return name + ".bin", name + ".json"


def flashable(board: str, version: str, prefix: str, base: BaseFile) -> dict[str, bytes]:
    """Make the image with a base, and its manifest, by name."""
    options = images.BuildOptions(base.data, make=partial(os_of, version))
    made = _images(board, options).flashable
    assert made is not None
    image, manifest = flashable_names(prefix, base)
    told = webtools.manifest(base.base.chip, made.start, image, version)
    return {image: made.data, manifest: told}


def os_of(version: str, board: str, mpy: int, source: bool) -> BoardRelease:
    """Return the OS of a version, from the cache if possible."""
    return release.of_version(made_before(board, mpy, source), board, mpy, version)


def _images(board: str, options: images.BuildOptions) -> BuildResult:
    try:
        return images.make(board, options, lambda _: None)
    except FirmwareError as error:
        raise ReleaseError("%s: %s" % (board, error)) from None
