"""Flash with a power cut in any write: before it, halfway, or after it but before it returns."""

from __future__ import annotations

import io
from typing import Any, Callable

from domain.errors import DeviceError
from tests.fakes.storage import MemoryStorage, PowerCut

EARLY, TORN, LATE = "early", "torn", "late"


class Flash(MemoryStorage):
    """Storage in memory; `how`: whether the write that is cut stores nothing, half, or all.

    `writes` counts those of the port, and those of the loader, which opens files itself.
    """

    def __init__(self) -> None:
        super().__init__(capacity=None)
        self.how = TORN
        self.on_fault: Callable[..., object] = lambda name, **fields: None
        self.full_from = 0  # number of the first write that finds the disk full; 0: none does
        self._due = False

    def restart(self) -> Flash:
        self._due = False
        super().restart()
        return self

    def replace(self, name: str, data: bytes) -> None:
        super().replace(name, data)
        self._settle()

    def received(self, name: str, pieces: list[bytes]) -> None:
        super().received(name, pieces)
        self._settle()

    def append(self, name: str, data: bytes) -> None:
        super().append(name, data)
        self._settle()

    def remove(self, name: str) -> None:
        super().remove(name)
        self._settle()

    def _write(self, torn: Callable[[], None], removing: bool = False) -> None:
        if self.writes + 1 == self._cut_at:
            self.on_fault("power cut", write=self.writes + 1, how=self.how)
        if self.how == LATE and self.writes + 1 == self._cut_at:
            self.writes += 1
            self._due = True
            return
        if self.full_from and self.writes + 1 >= self.full_from and not removing:
            self.fail_after(1)
        try:
            super()._write(torn if self.how == TORN else lambda: None, removing)
        except DeviceError as error:
            self.on_fault("failed write", write=self.writes, code=error.code)
            raise

    def _settle(self) -> None:
        if self._due:
            self.off = True
            raise PowerCut

    # the loader's view

    def open(self, path: str, mode: str) -> Any:
        """Open a file as the built-in function does."""
        name = path.lstrip("/")
        if "w" in mode:
            try:
                return _Writer(self, name)
            except DeviceError as error:
                raise OSError(28, error.text) from None
        if name not in self.files:
            raise FileNotFoundError(2, name)
        return io.BytesIO(self.files[name])

    def listdir(self, path: str) -> list[str]:
        """List a folder as `os.listdir` does."""
        found = self.names(path.lstrip("/"))
        if not found:
            raise FileNotFoundError(2, path)
        return found


class _Writer(io.BytesIO):
    """A file that is emptied when it is opened, the worst case of a file system."""

    def __init__(self, flash: Flash, name: str) -> None:
        super().__init__()
        self._flash = flash
        self._name = name
        flash._write(self._empty)
        self._empty()
        flash._settle()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _empty(self) -> None:
        self._flash.files[self._name] = b""

    def write(self, data: Any) -> int:
        flash, name = self._flash, self._name

        def torn() -> None:
            flash.files[name] = bytes(data)[: len(data) // 2]

        try:
            flash._write(torn)
        except DeviceError as error:
            raise OSError(28, error.text) from None
        flash.files[name] = bytes(data)
        flash._settle()
        return len(data)
