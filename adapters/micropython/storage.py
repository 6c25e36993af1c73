"""Files below one folder of a mounted file system: littlefs on boards, where `rename` replaces."""

from __future__ import annotations

import os
from typing import Any, Callable

from domain.errors import DeviceError

_PART = ".part-"  # of a name: still being written
_PIECE = 256  # bytes: a few of them fit beside everything else on the smallest board
_FULL = 28  # ENOSPC
_INVALID = 22  # EINVAL
_NO_FILE = (2, 20)  # ENOENT, ENOTDIR
_FOLDER = 0x4000  # of a file's mode


class FileStorage:
    """`root`: the folder, without "/" at its end; "" for the whole file system. Stateless.

    Whoever replaces a file writes a temporary one beside it, which no name can reach and which
    `mount` sweeps.
    """

    def __init__(self, root: str) -> None:
        self._root = root

    def mount(self) -> None:
        """The firmware has mounted it; sweeps temporary files."""
        self._do("", self._sweep, self._root)

    def read(self, name: str, limit: int = 65536) -> bytes | None:
        """Takes no more memory than the file is long."""
        path = self._path(name)
        try:
            state = os.stat(path)
        except OSError as error:
            if error.args[0] in _NO_FILE:
                return None
            raise _failure(error, name) from error
        size = state[6]
        if size > limit or state[0] & _FOLDER:
            raise DeviceError("storage", "%s is longer than %d bytes, or a folder" % (name, limit))
        file = self._do(name, open, path, "rb")
        try:
            content: bytes = self._do(name, file.read, size)
            return content
        finally:
            file.close()

    def send(self, name: str, take: Callable[[bytes], None], packed: bool = False) -> bool:
        """In small pieces."""
        try:
            file = open(self._path(name), "rb")  # noqa: SIM115 - closed below
        except OSError as error:
            if error.args[0] in _NO_FILE:
                return False
            raise _failure(error, name) from error
        try:
            source = _inflating(file) if packed else file
            data = self._do(name, source.read, _PIECE)
            while data:
                take(data)
                data = self._do(name, source.read, _PIECE)
        finally:
            file.close()
        return True

    def part(self, name: str, at: int, size: int) -> bytes:
        """Takes a look for the name each time."""
        file = self._do(name, open, self._path(name), "rb")
        try:
            self._do(name, file.seek, at)
            content: bytes = self._do(name, file.read, size)
            return content
        finally:
            file.close()

    def replace(self, name: str, data: bytes) -> None:
        """Like `receive`, in one piece."""
        self.receive(name, lambda write: write(data))

    def receive(self, name: str, fill: Callable[[Callable[[bytes], None]], None]) -> None:
        """Write beside the file, then put the new one in its place."""
        path = self._path(name)
        at = path.rfind("/") + 1
        part = path[:at] + _PART + path[at:]
        try:
            file = self._open(name, part, "wb")

            def write(data: bytes) -> None:
                """Without `_do`: this is where the stack is deepest."""
                try:
                    file.write(data)
                except OSError as error:
                    raise _failure(error, name) from error

            try:
                fill(write)
            finally:
                self._do(name, file.close)
            self._do(name, os.rename, part, path)
        except BaseException:
            self._drop(part)
            raise

    def append(self, name: str, data: bytes) -> None:
        """Add to the end."""
        file = self._open(name, self._path(name), "ab")
        try:
            self._do(name, file.write, data)
        finally:
            self._do(name, file.close)

    def remove(self, name: str) -> None:
        """Also a folder with all that is in it."""
        self._do(name, self._drop, self._path(name))

    def names(self, folder: str = "") -> list[str]:
        """Also of folders; not of files that are still being written."""
        path = self._path(folder) if folder else self._root + "/"
        try:
            return sorted([name for name in os.listdir(path) if name[:6] != _PART])
        except OSError as error:
            if error.args[0] in _NO_FILE:
                return []
            raise _failure(error, folder) from error

    def free(self) -> int:
        """In whole blocks."""
        state = self._do("", os.statvfs, self._root + "/")
        return int(state[1] * state[4])

    def _path(self, name: str) -> str:
        for part in name.split("/"):
            if part in ("", ".", "..") or part[:6] == _PART or "\0" in part:
                raise DeviceError("storage", "%r is not the name of a file" % name)
        return self._root + "/" + name

    def _open(self, name: str, path: str, mode: str) -> Any:
        """With the folders that it takes."""
        at = len(self._root) + 1
        while "/" in path[at:]:
            at += path[at:].find("/") + 1
            try:  # noqa: SIM105 - a board has no contextlib
                os.mkdir(path[: at - 1])
            except OSError:
                pass  # it is there, or opening the file will tell
        return self._do(name, open, path, mode)

    def _drop(self, path: str) -> None:
        """Remove what is there, and the folders that it leaves empty."""
        try:
            if os.stat(path)[0] & _FOLDER:
                for name in os.listdir(path):
                    self._drop(path + "/" + name)
                os.rmdir(path)
            else:
                os.remove(path)
        except OSError as error:
            if error.args[0] not in _NO_FILE:
                raise
        at = path.rfind("/")
        while at > len(self._root):
            try:
                os.rmdir(path[:at])
            except OSError:
                return
            at = path[:at].rfind("/")

    def _sweep(self, folder: str) -> None:
        for name in os.listdir(folder + "/"):
            path = folder + "/" + name
            if name[:6] == _PART:
                os.remove(path)
            elif os.stat(path)[0] & _FOLDER:
                self._sweep(path)

    def _do(self, name: str, call: Callable[..., Any], *arguments: Any) -> Any:
        """No error of the file system goes any further."""
        try:
            return call(*arguments)
        except EOFError:  # in the middle of what is packed
            raise _failure(OSError(_INVALID), name) from None
        except OSError as error:
            raise _failure(error, name) from error


def _inflating(file: Any) -> Any:
    """It takes some 2.5 KiB of memory."""
    try:
        import deflate  # type: ignore[import-not-found,unused-ignore]
    except ImportError:  # until 1.20
        import uzlib  # type: ignore[import-not-found,unused-ignore]

        return uzlib.DecompIO(file, -10)  # type: ignore[attr-defined,unused-ignore]
    return deflate.DeflateIO(file, deflate.RAW, 10)


def _failure(error: OSError, name: str) -> DeviceError:
    code = "disk_full" if error.args[0] == _FULL else "storage"
    return DeviceError(code, "%s: %s %r - make room on it, or flash it anew" % (name, code, error))
