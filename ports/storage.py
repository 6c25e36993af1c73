"""Files that survive a power cut."""

from __future__ import annotations

from typing import Any, Protocol


class Source(Protocol):
    """A stream that its reader pulls: the bytes of a file, of an answer (ports/cloud.py), or of a
    decoder over another stream.

    The reader loops with one buffer, so that no frames of the stream lie below the code that
    handles a piece.
    """

    def readinto(self, buffer: memoryview) -> int:
        """Read the next bytes into the beginning of `buffer` (64 bytes or more), as soon as there
        are any; return how many, 0 at the end.

        The end is that of a whole: content that is cut, or fails its check, raises instead.
        """


class File(Protocol):
    """A file that is being written."""

    def __enter__(self) -> File: ...

    def __exit__(self, *error: Any) -> None: ...

    def write(self, data: bytes | memoryview) -> None:
        """Write the next piece; raises as the storage does."""


class Storage(Protocol):
    """Named byte strings below one root.

    A name is a relative path with `/` between its parts. Folders come and go by themselves.
    Every call but `mount` may raise `DeviceError`: code `disk_full`, or `storage` for anything
    else the medium does (not readable, read-only, I/O error, a name that leaves the root).
    """

    def mount(self) -> list[str]:
        """Make the storage usable, remove the remains of an interrupted write, and return the
        names of its files and folders, as `names` does.

        Raises `DeviceError` (`storage`) when it cannot.
        """

    def read(self, name: str, limit: int = 65536) -> bytes | None:
        """Return the whole content, or None if there is no such file; `storage` if over `limit`
        bytes."""

    def source(self, name: str, packed: bool = False) -> Source:
        """Return the content as a stream; `storage` if there is no such file.

        `packed`: the content is deflated (RFC 1951, with no header, a window of 1 KiB), and is
        inflated while it is read; that raises `packed` if it cannot be, after some of it.
        """

    def part(self, name: str, at: int, size: int) -> bytes:
        """Return up to `size` bytes from the `at`th on, fewer at the end; `storage` if there is no
        such file."""

    def replace(self, name: str, data: bytes) -> None:
        """Write a whole file, atomically and durably: after a power cut, the old or the new."""

    def receive(self, name: str) -> File:
        """Return a file to be written piece by piece, in a `with`.

        It appears, whole and durable, only at the end of that; if an error is raised within,
        nothing has changed and the error goes on.
        """

    def append(self, name: str, data: bytes) -> None:
        """Add to the end, durably. A power cut may leave a part of `data` at the end."""

    def remove(self, name: str) -> None:
        """Remove a file, or a folder with all its content. No error if there is none."""

    def names(self, folder: str = "") -> list[str]:
        """Return the sorted names directly in `folder` (empty if there is no such folder)."""

    def free(self) -> int:
        """Return how many bytes can still be written."""
