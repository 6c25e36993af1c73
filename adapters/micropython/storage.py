"""Files below one folder of a mounted file system: littlefs on boards, where `rename` replaces."""

from __future__ import annotations

import os
from typing import Callable

from adapters.micropython import files
from domain.errors import DeviceError


class FileStorage:
    """`root`: the folder, "" for the file system's own; no "/" at its end.

    What is read, written and added all the time is here, the rest in `files`. Whoever replaces a
    file writes a temporary one beside it, which no name can reach and which `mount` sweeps.
    """

    def __init__(self, root: str) -> None:
        self.root = root

    def mount(self) -> None:
        """The firmware has mounted it; sweeps what an interrupted write has left."""
        files.sweep(self)

    def read(self, name: str, limit: int = 65536) -> bytes | None:
        """Takes no more memory than the file is long."""
        path = self.path(name)
        try:
            state = os.stat(path)
            if state[6] > limit or state[0] & 0x4000:
                raise DeviceError("storage", "%s has %d bytes, or is none" % (name, state[6]))
            with open(path, "rb") as file:
                content: bytes = file.read(state[6])
                return content
        except OSError as error:
            if error.args[0] in files.NO_FILE:
                return None
            raise failure(error, name) from error

    def replace(self, name: str, data: bytes) -> None:
        """Like `receive`, in one piece."""
        self.receive(name, lambda write: write(data))

    def receive(self, name: str, fill: Callable[[Callable[[bytes], None]], None]) -> None:
        """Write beside the file, then put the new one in its place."""
        files.receive(self, name, fill)

    def append(self, name: str, data: bytes) -> None:
        """Add to the end."""
        path = self.path(name)
        try:
            with files.opened(self, name, path, "ab") as file:
                file.write(data)
        except OSError as error:
            raise failure(error, name) from error
...
