"""A real littlefs on a flash that records every operation, and MicroPython's `os` on it."""

from __future__ import annotations

from typing import Any, Callable

import littlefs

from adapters.micropython import storage as adapter
from build.firmware.layout import BLOCK

BLOCKS = 64
# (block, offset, bytes written), or (block, -1, b"") where the block is erased
Operation = tuple[int, int, bytes]


class Device:
    """The flash for littlefs, in memory; it records each write and erase."""

    def __init__(self, image: bytes = b"\xff" * BLOCK * BLOCKS) -> None:
        self.buffer = bytearray(image)
        self.operations: list[Operation] = []

    def read(self, _config: Any, block: int, off: int, size: int) -> bytearray:
        start = block * BLOCK + off
        return self.buffer[start : start + size]

    def prog(self, _config: Any, block: int, off: int, data: bytes) -> int:
        self._do((block, off, bytes(data)))
        return 0

    def erase(self, _config: Any, block: int) -> int:
        self._do((block, -1, b""))
        return 0

    def sync(self, _config: Any) -> int:
        return 0

    def _do(self, operation: Operation) -> None:
        self.operations.append(operation)
        apply(self.buffer, operation)


def apply(buffer: bytearray, operation: Operation, torn: bool = False) -> None:
    """Apply an operation to the buffer, or the first half of it if `torn`."""
    block, off, data = operation
    if off < 0:
        off, data = 0, b"\xff" * BLOCK
    data = data[: len(data) // 2] if torn else data
    start = block * BLOCK + off
    buffer[start : start + len(data)] = data


class Files:
    """`os` and `open` of a board with this file system as its root."""

    def __init__(self, device: Device, fresh: bool = False) -> None:
        self._system = littlefs.LittleFS(
            device,  # type: ignore[arg-type] # what it asks of one
            mount=False,
            block_size=BLOCK,
            block_count=BLOCKS,
            read_size=32,
            prog_size=32,
            cache_size=128,
            lookahead_size=32,
            block_cycles=100,
        )
        if fresh:
            self._system.format()
        self._system.mount()

    def all(self) -> dict[str, bytes]:
        """Return the content of every file by its path, as a Thing sees them after `mount`."""
        found = {}
        for folder, _, names in self._system.walk("/"):
            for name in names:
                path = "%s/%s" % (folder.rstrip("/"), name)
                if not name.startswith(".part-"):
                    with self._system.open(path, "rb") as file:
                        found[path[1:]] = bytes(file.read())
        return found

    def open(self, path: str, mode: str) -> Any:
        """Open a file as MicroPython does: mode `ab` creates a missing file."""
        if mode == "ab":
            try:
                self.stat(path)
            except OSError:
                mode = "wb"
        return _told(self._system.open, path, mode)

    def stat(self, path: str) -> tuple[int, ...]:
        found = _told(self._system.stat, path)
        return (0x4000 if found.type == 2 else 0x8000, 0, 0, 0, 0, 0, found.size)

    def listdir(self, path: str) -> list[str]:
        return list(_told(self._system.listdir, path))

    def ilistdir(self, path: str) -> list[tuple[str, int]]:
        return [(name, self.stat(path + "/" + name)[0]) for name in self.listdir(path)]

    def mkdir(self, path: str) -> None:
        _told(self._system.mkdir, path)

    def rmdir(self, path: str) -> None:
        _told(self._system.rmdir, path)

    def remove(self, path: str) -> None:
        _told(self._system.remove, path)

    def rename(self, old: str, new: str) -> None:
        _told(self._system.rename, old, new)

    def do(self, act: Callable[[adapter.FileStorage], object]) -> None:
        """Call `act` with the storage adapter of the boards on these files."""
        names: dict[str, Any] = vars(adapter)
        before = names["os"]
        names["open"], names["os"] = self.open, self
        try:
            act(adapter.FileStorage(""))
        finally:
            del names["open"]
            names["os"] = before


def _told(call: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return call(*arguments)
    except littlefs.LittleFSError as error:
        raise OSError(-error.code, str(error)) from None
    except FileNotFoundError as error:
        raise OSError(2, str(error)) from None
