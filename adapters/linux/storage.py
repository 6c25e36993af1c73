"""Files below one folder, each replaced in one step that a power cut cannot halve."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any

from adapters.linux.files import own_folder, private, translated
from adapters.linux.source import FileSource
from domain.errors import DeviceError

if TYPE_CHECKING:
    from ports.storage import File, Source

_PART = ".part-"  # of a name: still being written
_NOT_NAMES = ("", ".", "..")
_NO_FILE = (errno.ENOENT, errno.ENOTDIR)


class LinuxStorage:
    """Files below the folder `root`. They are the owner's alone (0600): some hold secrets.

    A new content is written to a temporary file beside the old one, which no name can reach and
    which `mount` sweeps. `files` stands for `os` where a test makes it fail.
    """

    def __init__(self, root: str, files: Any = os) -> None:
        self.root = root
        self._os = files

    def mount(self) -> list[str]:
        """Make the folder (0700, also if it is there), sweep temporary files and empty folders;
        return the names of the others."""
        with translated("mount", self.root):
            own_folder(self.root, self._os)
            for folder, _, names in os.walk(self.root, topdown=False):
                for name in names:
                    if name[:6] == _PART:
                        self._os.unlink(os.path.join(folder, name))
                self._leave(folder)
            if not os.access(self.root, os.R_OK | os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, "not writable")
        return self.names()

    def read(self, name: str, limit: int = 65536) -> bytes | None:
        """Return a file's content, None if missing; raise `storage` for one that is not regular."""
        with translated("read", name), self._reading(name) as stream:
            content: bytes | None = stream.read(limit + 1) if stream else None
        if content is not None and len(content) > limit:
            raise DeviceError("storage", "%s has more than %d bytes" % (name, limit))
        return content

    def source(self, name: str, packed: bool = False) -> Source:
        """Open a file for reading; it is closed at its end, or with the last reference."""
        with translated("read", name):
            file = private(self._path(name), os.O_RDONLY, self._os)
        return FileSource(name, file, packed)

    def part(self, name: str, at: int, size: int) -> bytes:
        """Return `size` bytes of a regular file, from `at` on."""
        with translated("read", name), self._reading(name) as stream:
            if stream is None:
                raise FileNotFoundError(errno.ENOENT, "there is none")
            stream.seek(at)
            return stream.read(size)

    @contextmanager
    def _reading(self, name: str) -> Iterator[IO[bytes] | None]:
        """Yield the open file, or None if there is none."""
        try:
            file = private(self._path(name), os.O_RDONLY, self._os)
        except OSError as error:
            if error.errno not in _NO_FILE:
                raise
            yield None
            return
        with os.fdopen(file, "rb") as stream:
            yield stream

    def replace(self, name: str, data: bytes) -> None:
        """Replace a file at once by `data`, as `receive` does."""
        with self.receive(name) as file:
            file.write(data)

    def receive(self, name: str) -> File:
        """Write beside the file, then put the new one in its place."""
        return _Part(self, name, self._path(name))

    def append(self, name: str, data: bytes) -> None:
        """Append to a file; a part that was written before an error is taken back."""
        path, new = self._path(name), False
        flags = os.O_WRONLY | os.O_APPEND
        with translated("write", name):
            try:
                file = private(path, flags, self._os)
            except FileNotFoundError:
                new = True
                self._make_folder(os.path.dirname(path))
                file = private(path, flags | os.O_CREAT, self._os)
            try:
                self._add(file, data)
            except OSError:
                if new:
                    os.unlink(path)
                raise
            finally:
                os.close(file)
            if new:
                self._sync_folder(os.path.dirname(path))

    def remove(self, name: str) -> None:
        """Remove a file or folder; of a link, the link itself, not its target."""
        path = self._path(name)
        with translated("remove", name):
            try:
                if os.path.isdir(path) and not os.path.islink(path):
                    shutil.rmtree(path)
                else:
                    self._os.unlink(path)
            except OSError as error:
                if error.errno in _NO_FILE:
                    return
                raise
            self._sync_folder(self._leave(os.path.dirname(path)))

    def names(self, folder: str = "") -> list[str]:
        """Return the names of files and folders; not of files that are still being written."""
        path = self._path(folder) if folder else self.root
        with translated("list", folder):
            try:
                return sorted(name for name in self._os.listdir(path) if name[:6] != _PART)
            except OSError as error:
                if error.errno in _NO_FILE:
                    return []
                raise

    def free(self) -> int:
        """Return the bytes that a process without special rights can still write."""
        with translated("measure", self.root):
            state = self._os.statvfs(self.root)
            return int(state.f_bavail * state.f_frsize)

    def _path(self, name: str) -> str:
        """Return the path of a name; refuse one outside of the root, also by a link on the way."""
        parts = name.split("/")
        with translated("use", name):
            if "\0" in name or any(part in _NOT_NAMES or part[:6] == _PART for part in parts):
                raise OSError(errno.EINVAL, "not a name")
            path = os.path.join(self.root, *parts)
            if len(parts) == 1:
                return path  # no link on the way; and readings come and go by the hundred thousand
            root = os.path.realpath(self.root)
            if os.path.commonpath((root, os.path.realpath(os.path.dirname(path)))) != root:
                raise OSError(errno.EXDEV, "outside of the storage")
        return path

    def _make_folder(self, path: str) -> None:
        if os.path.isdir(path):
            return
        self._make_folder(os.path.dirname(path))
        self._os.mkdir(path, 0o700)
        self._sync_folder(os.path.dirname(path))

    def _leave(self, folder: str) -> str:
        """Remove a folder, and those above it, if empty; return the nearest one left."""
        while os.path.realpath(folder) != os.path.realpath(self.root):
            try:
                os.rmdir(folder)
            except OSError:
                break
            folder = os.path.dirname(folder)
        return folder

    def _sync_folder(self, folder: str) -> None:
        """Make the names in a folder durable."""
        file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self._os.fsync(file)
        finally:
            os.close(file)

    def _add(self, file: int, data: bytes) -> None:
        size = os.fstat(file).st_size
        try:
            self._write(file, data)
            self._os.fsync(file)
        except OSError:
            with suppress(OSError):
                os.ftruncate(file, size)
            raise

    def _write(self, file: int, data: bytes | memoryview) -> None:
        left = memoryview(data)
        while left:
            left = left[self._os.write(file, left) :]


class _Part:
    """A file that is being written. It takes the place of `path` only when it is whole."""

    def __init__(self, storage: LinuxStorage, name: str, path: str) -> None:
        self._storage = storage
        self._os = storage._os
        self._name = name
        self._path = path
        self._folder, base = os.path.split(path)
        self._temporary = os.path.join(self._folder, _PART + base)
        self._file = -1
        self._broken: DeviceError | None = None

    def __enter__(self) -> _Part:
        """Make the temporary file, and the folder if need be."""
        try:
            with translated("write", self._name):
                self._storage._make_folder(self._folder)
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
                self._file = private(self._temporary, flags, self._os)
        except DeviceError:
            self._abandon()
            raise
        return self

    def __exit__(self, kind: Any, _error: Any, _trace: Any) -> None:
        try:
            if kind is None:
                self._commit()
        finally:
            self._abandon()

    def write(self, data: bytes | memoryview) -> None:
        """Write the next piece. After a failure the file stays failed, even if that is caught."""
        try:
            with translated("write", self._name):
                self._storage._write(self._file, data)
        except DeviceError as error:
            self._broken = error
            raise

    def _commit(self) -> None:
        """Make the content durable, then the name."""
        if self._broken:
            raise self._broken
        with translated("write", self._name):
            self._os.fsync(self._file)
            self._os.replace(self._temporary, self._path)
            self._close()
            self._storage._sync_folder(self._folder)

    def _abandon(self) -> None:
        """Remove the temporary file, and folders made for it. Never raises."""
        self._close()
        with suppress(OSError):
            os.unlink(self._temporary)
        self._storage._leave(self._folder)

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
