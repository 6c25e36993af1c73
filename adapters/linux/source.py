"""A file that is read piece by piece, deflated or as it is."""

from __future__ import annotations

import os
import zlib

from adapters.linux.files import translated
from domain.errors import DeviceError

_PIECE = 65536
_WINDOW = -10  # bits; raw


class FileSource:
    """A file that is read."""

    def __init__(self, name: str, file: int, packed: bool) -> None:
        self._name = name
        self._file = os.fdopen(file, "rb", 0)
        self._packed = packed
        self._packer = zlib.decompressobj(_WINDOW)

    def __del__(self) -> None:
        self._file.close()

    def readinto(self, buffer: memoryview) -> int:
        """Read at most the size of the buffer; return the number of bytes, 0 at the end."""
        with translated("read", self._name):
            data = self._inflated(len(buffer)) if self._packed else self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _inflated(self, size: int) -> bytes:
        packer, data = self._packer, b""
        try:
            while not (packer.eof or data):
                held = packer.unconsumed_tail or self._file.read(_PIECE)
                data = packer.decompress(held, size)
                if not (data or held):
                    raise zlib.error("truncated")
        except zlib.error as error:
            raise DeviceError("packed", "it cannot be inflated: %s" % error) from error
        return data
