"""Files below one folder of a mounted file system: littlefs on boards, where `rename` replaces."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable

from domain.errors import DeviceError

if TYPE_CHECKING:
    from ports.storage import File, Source

_PART = ".part-"  # of a name: still being written
_FULL = 28  # ENOSPC
_INVALID = 22  # EINVAL
_NO_FILE = (2, 20)  # ENOENT, ENOTDIR
_FOLDER = 0x4000  # of a file's mode


class FileStorage:
    """Files below the folder `root`, without "/" at its end; "" for the whole file system.
    Stateless.

    A new content is written to a temporary file beside the old one, which no name can reach and
    which `mount` sweeps.
    """

    def __init__(self, root: str) -> None:
        self._root = root

    def mount(self) -> list[str]:
        """Sweep temporary files; the firmware has already mounted the file system."""
        found: list[str] = _do("", self._sweep, self._root)
        return found

    def read(self, name: str, limit: int = 65536) -> bytes | None:
        """Return the content, None if missing; take no more memory than the file is long."""
        try:
            file = open(self._path(name), "rb")  # noqa: SIM115 - closed below
        except OSError as error:
            if error.args[0] in _NO_FILE:
                return None
            raise _failure(error, name) from error
        try:
            # Not by os.stat: littlefs reads the folder once more for each path that is looked up.
            size = _do(name, file.seek, 0, 2)
            if size > limit:
                raise DeviceError("storage", "%s is longer than %d bytes" % (name, limit))
            _do(name, file.seek, 0)
            content: bytes = _do(name, file.read, size)
            return content
        finally:
            file.close()

    def source(self, name: str, packed: bool = False) -> Source:
        """Open a file for reading; it is closed at its end, or with the last reference."""
        file = _do(name, open, self._path(name), "rb")
        return _Source(name, file, _inflating(file) if packed else file)

    def part(self, name: str, at: int, size: int) -> bytes:
        """Return `size` bytes from `at` on; the file is opened each time. Without `_do`, as in
        `write` below."""
        path = self._path(name)
        try:
            with open(path, "rb") as file:
                file.seek(at)
                data: bytes = file.read(size)
        except OSError as error:
            raise _failure(error, name) from error
        return data

    def replace(self, name: str, data: bytes) -> None:
        """Replace a file at once by `data`, as `receive` does."""
        with self.receive(name) as file:
            file.write(data)

    def receive(self, name: str) -> File:
        """Write beside the file, then put the new one in its place."""
        path = self._path(name)
        at = path.rfind("/") + 1
        part = path[:at] + _PART + path[at:]
        try:
            return _File(name, path, part, self._root, self._open(name, part, "wb"))
        except BaseException:
            _drop(part, self._root)
            raise

    def append(self, name: str, data: bytes) -> None:
        """Append data to the end of a file."""
        file = self._open(name, self._path(name), "ab")
        try:
            _do(name, file.write, data)
        finally:
            _do(name, file.close)

    def remove(self, name: str) -> None:
        """Remove a file, or a folder with all that is in it."""
        _do(name, _drop, self._path(name), self._root)

    def names(self, folder: str = "") -> list[str]:
        """Return the names of files and folders; not of files that are still being written."""
        path = self._path(folder) if folder else self._root + "/"
        try:
            return sorted([name for name in os.listdir(path) if name[:6] != _PART])
        except OSError as error:
            if error.args[0] in _NO_FILE:
                return []
            raise _failure(error, folder) from error

    def free(self) -> int:
        """Return the free bytes, in whole blocks."""
        state = _do("", os.statvfs, self._root + "/")
        return int(state[1] * state[4])

    def _path(self, name: str) -> str:
        for part in name.split("/"):
            if part in ("", ".", "..") or part[:6] == _PART or "\0" in part:
                raise DeviceError("storage", "%r is not the name of a file" % name)
        return self._root + "/" + name

    def _open(self, name: str, path: str, mode: str) -> Any:
        """Open a file, without `_do`, as in `write` below; make the folders that it needs."""
        at = len(self._root) + 1
        while "/" in path[at:]:
            at += path[at:].find("/") + 1
            try:  # noqa: SIM105 - a board has no contextlib
                os.mkdir(path[: at - 1])
            except OSError:
                pass  # it is there, or opening the file will fail
        try:
            return open(path, mode)
        except OSError as error:
            raise _failure(error, name) from error

    def _sweep(self, folder: str) -> list[str]:
        """Sweep with one walk of each folder: littlefs walks it once more for each path used.

        Return the other names in it."""
        parts, folders, others = [], [], []
        for found in os.ilistdir(folder + "/"):  # type: ignore[attr-defined,unused-ignore]
            if found[0][:6] == _PART:
                parts.append(found[0])
                continue
            others.append(found[0])
            if found[1] & _FOLDER:
                folders.append(found[0])
        for name in parts:
            os.remove(folder + "/" + name)
        for name in folders:
            self._sweep(folder + "/" + name)
        return sorted(others)


class _Source:
    """A file that is read. It needs no storage object: the code of that may have been unloaded."""

    def __init__(self, name: str, file: Any, source: Any) -> None:
        self._name = name
        self._file = file
        self._source = source

    def readinto(self, buffer: memoryview) -> int:
        """Read at most the size of the buffer; without `_do`, as in `write` below."""
        size = 0
        try:
            size = int(self._source.readinto(buffer))
        except EOFError:  # the compressed data is cut
            raise _failure(OSError(_INVALID), self._name) from None
        except OSError as error:
            raise _failure(error, self._name) from error
        finally:
            if not size:
                self._file.close()
        return size


class _File:
    """A file that is written, as `part`; `root`: the folder above those that were made for it."""

    def __init__(self, name: str, path: str, part: str, root: str, file: Any) -> None:
        self._name = name
        self._path = path
        self._part = part
        self._root = root
        self._file = file

    def __enter__(self) -> _File:
        return self

    def write(self, data: bytes | memoryview) -> None:
        """Write the next piece, without `_do`: on boards a file system in Python lies below."""
        try:
            self._file.write(data)
        except OSError as error:
            raise _failure(error, self._name) from error

    def __exit__(self, kind: Any, _error: Any, _trace: Any) -> None:
        whole = False
        try:  # without `_do`, as in `write`
            self._file.close()
            if kind is None:
                os.rename(self._part, self._path)
                whole = True
        except OSError as error:
            raise _failure(error, self._name) from error
        finally:
            if not whole:
                _drop(self._part, self._root)


def _do(name: str, call: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function; raise DeviceError in place of every error of the file system."""
    try:
        return call(*arguments)
    except OSError as error:
        raise _failure(error, name) from error


def _drop(path: str, root: str) -> None:
    """Remove a file or folder, if it is there, and the folders that it leaves empty."""
    try:
        if os.stat(path)[0] & _FOLDER:
            for name in os.listdir(path):
                _drop(path + "/" + name, root)
            os.rmdir(path)
        else:
            os.remove(path)
    except OSError as error:
        if error.args[0] not in _NO_FILE:
            raise
    at = path.rfind("/")
    while at > len(root):
        try:
            os.rmdir(path[:at])
        except OSError:
            return
        at = path[:at].rfind("/")


def _inflating(file: Any) -> Any:
    """Return an inflating reader, which takes some 2.5 KiB of memory."""
    try:
        import deflate  # type: ignore[import-not-found,unused-ignore]
    except ImportError:  # until 1.20
        import uzlib  # type: ignore[import-not-found,unused-ignore]

        return uzlib.DecompIO(file, -10)  # type: ignore[attr-defined,unused-ignore]
    return deflate.DeflateIO(file, deflate.RAW, 10)


def _failure(error: OSError, name: str) -> DeviceError:
    number = error.args[0]
    code = "disk_full" if number == _FULL else "packed" if number == _INVALID else "storage"
    return DeviceError(code, "%s: %s %r - make room on it, or flash it anew" % (name, code, error))
