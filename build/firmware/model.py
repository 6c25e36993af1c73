"""What the steps of a build pass on: places in the flash, the OS's files, the finished images."""

from __future__ import annotations

from dataclasses import dataclass, field


class FirmwareError(Exception):
    """An image cannot be made; says why, and what to do."""


@dataclass(frozen=True)
class Place:
    """A part of the flash: what is in it ("vfs" or "romfs"), and where, in bytes."""

    name: str
    offset: int
    size: int

    @property
    def end(self) -> int:
        """The first byte behind it."""
        return self.offset + self.size


@dataclass(frozen=True)
class Release:
    """The OS for a board.

    `files`: the modules by file name, as a device imports them. `start`: what MicroPython runs by
    itself, `boot.py` and `main.py`, as source. `sources`: all of it by module name, for freezing.
    `folder`: of the file system, "/" at its end, where the modules lie; "" for none of their own.
    """

    files: dict[str, bytes]
    start: dict[str, bytes]
    sources: dict[str, str]
    folder: str = ""

    @property
    def all(self) -> dict[str, bytes]:
        """The files of a file system that has all of it, by path."""
        return {**{self.folder + name: self.files[name] for name in self.files}, **self.start}


@dataclass(frozen=True)
class Use:
    """How full a place is: its bytes in use."""

    place: Place
    used: int


@dataclass(frozen=True)
class Flashable:
    """A whole image: the flash's bytes from `start` on, and how full its places are."""

    data: bytes
    start: int
    uses: tuple[Use, ...]
    micropython: str


@dataclass
class Result:
    """What was made for a board: the files to write, by path, and the figures to tell."""

    board: str
    release: Release
    files: dict[str, bytes] = field(default_factory=dict)
    uses: dict[str, Use] = field(default_factory=dict)
    flashable: Flashable | None = None
