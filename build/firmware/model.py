"""The data that the steps of a build pass on: places in the flash, the OS's files, the images."""

from __future__ import annotations

from dataclasses import dataclass, field


class FirmwareError(Exception):
    """An image cannot be made; the text has the reason and the remedy."""


@dataclass(frozen=True)
class Place:
    """A part of the flash: its file system ("vfs" or "romfs"), and its position in bytes."""

    name: str
    offset: int
    size: int

    @property
    def end(self) -> int:
        """The offset of the first byte after the place."""
        return self.offset + self.size


@dataclass(frozen=True)
class BoardRelease:
    """The OS for a board.

    `files`: the modules by file name, as a device imports them. `start`: the files that MicroPython
    runs by itself, `boot.py` and `main.py`, as source. `sources`: all of it by module name, for
    freezing. `folder`: the modules' folder in the file system, "/" at its end; "" for the root.
    """

    files: dict[str, bytes]
    start: dict[str, bytes]
    sources: dict[str, str]
    folder: str = ""

    @property
    def all(self) -> dict[str, bytes]:
        """The files of a file system that has the whole OS, by path."""
        return {**{self.folder + name: self.files[name] for name in self.files}, **self.start}


@dataclass(frozen=True)
class Use:
    """The bytes in use of a place."""

    place: Place
    used: int


@dataclass(frozen=True)
class Flashable:
    """A whole image: the flash's bytes from `start` on, and the use of its places."""

    data: bytes
    start: int
    uses: tuple[Use, ...]
    micropython: str


@dataclass
class BuildResult:
    """The products for a board: the files to write, by path, and the figures to report."""

    board: str
    release: BoardRelease
    files: dict[str, bytes] = field(default_factory=dict)
    uses: dict[str, Use] = field(default_factory=dict)
    flashable: Flashable | None = None
