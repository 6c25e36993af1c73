"""The file system of a board that is off: a littlefs image in a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from app.simulator.errors import SimError

if TYPE_CHECKING:
    from littlefs import LittleFS, UserContext

BLOCK = 4096


class FilesystemImage:
    """A file with the file system of a board; `blocks` is its size."""

    def __init__(self, path: Path, blocks: int) -> None:
        self.path = path
        self._blocks = blocks

    def erase(self) -> None:
        """Erase the image, as new flash; the board formats it at its first start."""
        self._write(b"\xff" * (BLOCK * self._blocks))

    def exists(self) -> bool:
        """Return whether there is an image, of any content."""
        return self.path.exists()

    def files(self) -> dict[str, bytes]:
        """Return the content of all files by path, without the first slash."""
        system, _ = self._mounted()
        found = {}
        for folder, _, names in system.walk("/"):
            for name in names:
                path = "%s/%s" % (folder.rstrip("/"), name)
                with system.open(path, "rb") as file:
                    found[path.lstrip("/")] = file.read()
        return found

    def put(self, files: dict[str, bytes], remove: frozenset[str] = frozenset()) -> None:
        """Write files, and remove others, all at once: an error leaves the image as it was."""
        system, context = self._mounted()
        from littlefs import LittleFSError

        try:
            for path in sorted(remove - set(files)):
                system.remove(path)
            for path, data in files.items():
                if "/" in path:
                    system.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
                with system.open(path, "wb") as file:
                    file.write(data)
            system.unmount()
        except LittleFSError as error:
            raise SimError("%s cannot be written: %s" % (self.path, error)) from None
        self._write(bytes(context.buffer))

    def _mounted(self) -> tuple[LittleFS, UserContext]:
        """Mount the file system; format it if erased, as a board does."""
        try:
            from littlefs import LittleFS, LittleFSError, UserContext
        except ImportError:
            raise SimError("littlefs is missing - install the package littlefs-python") from None
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise SimError("%s cannot be read: %s" % (self.path, error.strerror)) from None
        if len(data) != BLOCK * self._blocks:
            raise SimError("%s is no image of %d blocks" % (self.path, self._blocks))
        context = UserContext(buffer=bytearray(data))
        system = LittleFS(
            context,
            mount=False,
            block_size=BLOCK,
            block_count=self._blocks,
            read_size=32,
            prog_size=32,
            cache_size=128,
            block_cycles=100,
        )
        try:
            if data.count(0xFF, 0, BLOCK) == BLOCK:
                system.format()
            system.mount()
        except LittleFSError as error:
            raise SimError("%s is corrupt: %s" % (self.path, error)) from None
        return system, context

    def _write(self, data: bytes) -> None:
        fresh = self.path.with_suffix(".new")
        try:
            fresh.write_bytes(data)
            os.replace(fresh, self.path)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise SimError("%s cannot be written: %s" % (self.path, error.strerror)) from None
