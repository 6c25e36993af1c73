"""Files that survive a power cut."""

from __future__ import annotations

from typing import Callable, Protocol


class Storage(Protocol):
    """Named byte strings below one root.

    A name is a relative path with `/` between its parts. Folders come and go by themselves.
    Every call but `mount` may raise `DeviceError`: code `disk_full`, or `storage` for anything
    else the medium does (not readable, read-only, I/O error, a name that leaves the root).
    """

    def mount(self) -> None:
        """Make the storage usable and sweep what an interrupted write left behind.

        Raises `DeviceError` (`storage`) when it cannot.
        """

    def read(self, name: str, limit: int = 65536) -> bytes | None:
        """The whole content, or None if there is no such file; `storage` if over `limit` bytes."""

    def send(self, name: str, take: Callable[[bytes], None], packed: bool = False) -> bool:
        """Pass the content on to `take`, piece by piece; gives whether there is such a file.

        `packed`: the content is deflated (RFC 1951, with no header, a window of 1 KiB), and it is
        inflated that is passed on; raises `storage` if that cannot be, after some of it.
        """

    def part(self, name: str, at: int, size: int) -> bytes:
        """Up to `size` bytes from the `at`th on, fewer at the end; `storage` if there is no such
        file."""

    def replace(self, name: str, data: bytes) -> None:
        """Write a whole file, atomically and durably: after a power cut, the old or the new."""

    def receive(self, name: str, fill: Callable[[Callable[[bytes], None]], None]) -> None:
        """Write a file piece by piece: `fill(write)` calls `write(chunk)` for each piece.

        The file appears, whole and durable, only when `fill` has returned; if `fill` raises,
        nothing has changed and the error goes on.
        """

    def append(self, name: str, data: bytes) -> None:
        """Add to the end, durably. A power cut may leave a part of `data` at the end."""

    def remove(self, name: str) -> None:
        """Remove a file, or a folder with all that is in it. No error if there is none."""

    def names(self, folder: str = "") -> list[str]:
        """The sorted names of what is directly in `folder` (empty if there is none)."""

    def free(self) -> int:
        """Bytes that can still be written."""
