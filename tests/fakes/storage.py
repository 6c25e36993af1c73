"""Storage in memory, with write errors and power cuts where a test wants them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, Callable

from domain.errors import DeviceError
from ports.storage import Source
from tests.fakes.source import Pieces


class PowerCut(BaseException):
    """A power cut; no code may catch it, as a device without power runs none."""


def _inflated(name: str, data: bytes) -> Iterator[bytes]:
    try:
        yield zlib.decompress(data, -10)
    except zlib.error as error:
        raise DeviceError("packed", "%s cannot be inflated: %s" % (name, error)) from error


class Received:
    """A file that is being received; it exists once the block ends without an error."""

    def __init__(self, storage: MemoryStorage, name: str) -> None:
        self._storage = storage
        self._name = name
        self._pieces: list[bytes] = []

    def __enter__(self) -> Received:
        return self

    def write(self, data: bytes | memoryview) -> None:
        storage = self._storage
        storage._powered()
        storage._write(lambda: None)
        storage._room(len(data))
        self._pieces.append(bytes(data))
        storage._pending += len(data)

    def __exit__(self, kind: Any, *_: object) -> None:
        try:
            if kind is None:
                self._storage.received(self._name, self._pieces)
        finally:
            self._storage._pending -= sum(map(len, self._pieces))


class MemoryStorage:
    """Files in a dict. One write is a `replace`, an `append`, a piece of `receive`, the end of a
    `receive`, or the removal of one file; `writes` counts them from 1.

    After a `PowerCut`, every call raises it again until `restart()`.
    """

    def __init__(
        self, files: dict[str, bytes] | None = None, capacity: int | None = 1_000_000
    ) -> None:
        self.files = dict(files or {})
        self.capacity = capacity
        self.writes = 0
        self.mountable = True
        self.mounted = 0
        self.unreadable: set[str] = set()
        self.off = False
        self._fail: dict[int, str] = {}
        self._always: str = ""
        self._cut_at = 0
        self._pending = 0  # bytes of unfinished `receive`s

    # called by a test

    def fail_after(self, n: int, code: str = "disk_full") -> None:
        """Let the `n`th write from now on fail with `code` (1 is the next)."""
        self._fail[self.writes + n] = code

    def fail_always(self, code: str = "disk_full") -> None:
        """Let every write fail until `heal()`; removing still works on a full disk."""
        self._always = code

    def cut_after(self, n: int) -> None:
        """Cut the power in the `n`th write from now on (1 is the next)."""
        self._cut_at = self.writes + n

    def heal(self) -> None:
        """Remove all faults."""
        self._fail.clear()
        self._always = ""
        self._cut_at = 0
        self.mountable = True
        self.unreadable.clear()

    def restart(self) -> MemoryStorage:
        """Restore the power and cancel a pending cut; return this storage."""
        self.off = False
        self._cut_at = 0
        self._pending = 0
        return self

    def snapshot(self) -> dict[str, bytes]:
        """Return a copy of all files."""
        return dict(self.files)

    # the port

    def mount(self) -> list[str]:
        self._powered()
        if not self.mountable:
            raise DeviceError("storage", "the storage is not usable - replace it")
        self.mounted += 1
        self._pending = 0
        return self.names()

    def read(self, name: str, limit: int = 65536) -> bytes | None:
        self._powered()
        self._check(name)
        if name in self.unreadable:
            raise DeviceError("storage", f"{name}: input/output error")
        if self._is_folder(name):
            raise DeviceError("storage", f"{name} is a folder")
        data = self.files.get(name)
        if data is not None and len(data) > limit:
            raise DeviceError("storage", f"{name} has more than {limit} bytes")
        return data

    def source(self, name: str, packed: bool = False) -> Source:
        data = self.read(name, 1 << 30)
        if data is None:
            raise DeviceError("storage", "there is no file %s" % name)
        return Pieces(_inflated(name, data) if packed else [data])

    def part(self, name: str, at: int, size: int) -> bytes:
        data = self.read(name, 1 << 30)
        if data is None:
            raise DeviceError("storage", "there is no file %s" % name)
        return data[at : at + size]

    def replace(self, name: str, data: bytes) -> None:
        self._powered()
        self._check_file(name)
        self._write(lambda: None)
        self._room(len(data))  # both files exist for a moment
        self.files[name] = bytes(data)

    def receive(self, name: str) -> Received:
        self._powered()
        self._check_file(name)
        return Received(self, name)

    def received(self, name: str, pieces: list[bytes]) -> None:
        """Store the file when its `receive` ends."""
        self._powered()
        self._write(lambda: None)
        self.files[name] = b"".join(pieces)

    def append(self, name: str, data: bytes) -> None:
        self._powered()
        self._check_file(name)
        old = self.files.get(name)

        def torn() -> None:
            if old is not None or len(data) > 1:
                self.files[name] = (old or b"") + bytes(data)[: len(data) // 2]

        self._write(torn)
        self._room(len(data))
        self.files[name] = (old or b"") + bytes(data)

    def remove(self, name: str) -> None:
        self._powered()
        self._check(name)
        for path in [path for path in self.files if path == name or path.startswith(name + "/")]:
            self._write(lambda: None, removing=True)
            del self.files[path]

    def names(self, folder: str = "") -> list[str]:
        self._powered()
        if folder:
            self._check(folder)
        prefix = folder + "/" if folder else ""
        return sorted(
            {path[len(prefix) :].split("/")[0] for path in self.files if path.startswith(prefix)}
        )

    def free(self) -> int:
        self._powered()
        if self.capacity is None:
            return 1 << 40
        return max(0, self.capacity - self._used())

    # internal

    def _used(self) -> int:
        return sum(len(data) for data in self.files.values()) + self._pending

    def _powered(self) -> None:
        if self.off:
            raise PowerCut

    def _write(self, torn: Callable[[], None], removing: bool = False) -> None:
        self.writes += 1
        if self.writes == self._cut_at:
            self.off = True
            torn()
            raise PowerCut
        code = self._fail.pop(self.writes, "")
        if not code and not (removing and self._always == "disk_full"):
            code = self._always
        if code:
            raise DeviceError(code, f"a write failed: {code}")

    def _room(self, size: int) -> None:
        if size > self.free():
            raise DeviceError("disk_full", f"no room for {size} bytes - remove something")

    def _check(self, name: str) -> None:
        parts = name.split("/")
        if any(part in ("", ".", "..") for part in parts) or "\0" in name:
            raise DeviceError("storage", f"not a name in this storage: {name!r}")

    def _check_file(self, name: str) -> None:
        self._check(name)
        parts = name.split("/")
        above = ("/".join(parts[:count]) for count in range(1, len(parts)))
        if self._is_folder(name) or any(folder in self.files for folder in above):
            raise DeviceError("storage", f"{name}: a file and a folder of one name")

    def _is_folder(self, name: str) -> bool:
        return any(path.startswith(name + "/") for path in self.files)
