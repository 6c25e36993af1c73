"""Stand-ins for the modules and functions of MicroPython that CPython lacks."""

from __future__ import annotations

import errno
import gc
import importlib
import io
import os
import sys
import time
import traceback
import types
import zlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB


class Aes:
    """`cryptolib.aes` in mode 1 (ECB): an object goes one way only."""

    def __init__(self, key: bytes, mode: int) -> None:
        assert mode == 1
        self._cipher = Cipher(AES(key), ECB())
        self._way = ""

    def encrypt(self, data: bytes) -> bytes:
        assert self._way != "from"
        self._way = "to"
        return self._cipher.encryptor().update(data)

    def decrypt(self, data: bytes) -> bytes:
        assert self._way != "to"
        self._way = "from"
        return self._cipher.decryptor().update(data)


class Ticks:
    """`time.ticks_ms`, which soon wraps."""

    def __init__(self, start: int) -> None:
        self._zero = time.monotonic() - start / 1000

    def ticks_ms(self) -> int:
        return int((time.monotonic() - self._zero) * 1000) & 0x3FFFFFFF

    @staticmethod
    def ticks_diff(a: int, b: int) -> int:
        return ((a - b + 0x20000000) & 0x3FFFFFFF) - 0x20000000

    @staticmethod
    def sleep_ms(ms: int) -> None:
        time.sleep(ms / 1000)


class Inflating:
    """`deflate.DeflateIO` for reading, in the one form that is used here."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        self._file = file
        self._packer = zlib.decompressobj(-10)

    def readinto(self, buffer: memoryview) -> int:
        while not self._packer.eof:
            held = self._packer.unconsumed_tail or self._file.read(64)
            try:
                found = self._packer.decompress(held, len(buffer))
            except zlib.error as error:
                raise OSError(errno.EINVAL) from error
            if found:
                buffer[: len(found)] = found
                return len(found)
            if not held:
                raise EOFError
        return 0


def old_uzlib() -> Any:
    """Return `uzlib` as in MicroPython before 1.21, which has `deflate`."""
    module: Any = types.ModuleType("uzlib")
    module.DecompIO = lambda file, bits: Inflating(file) if bits == -10 else None
    return module


def _deflate() -> Any:
    module: Any = types.ModuleType("deflate")
    module.RAW = 3
    module.DeflateIO = lambda file, form, bits: Inflating(file) if (form, bits) == (3, 10) else None
    return module


def fresh(monkeypatch: pytest.MonkeyPatch, *names: str) -> Any:
    """Import modules again, against the present stand-ins, and return the last one. The test's
    end removes them."""
    for name in names:
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
        del sys.modules[name]
        made = importlib.import_module(name)
    return made


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the stand-ins, with a counter of ticks that soon wraps."""
    ticks = Ticks(0x40000000 - 10)
    for name in ("ticks_ms", "ticks_diff", "sleep_ms"):
        monkeypatch.setattr(time, name, getattr(ticks, name), raising=False)
    cryptolib: Any = types.ModuleType("cryptolib")
    cryptolib.aes = Aes
    monkeypatch.setitem(sys.modules, "cryptolib", cryptolib)
    monkeypatch.setitem(sys.modules, "deflate", _deflate())
    # An app host puts its own there, which must not stay: it has any attribute that is asked for.
    monkeypatch.setitem(sys.modules, "logger", types.ModuleType("logger"))
    # Here it would go through everything that any test has made.
    monkeypatch.setattr(gc, "collect", lambda: 0)
    monkeypatch.setattr(gc, "mem_free", lambda: 20_000, raising=False)
    monkeypatch.setattr(gc, "mem_alloc", lambda: 18_000, raising=False)
    monkeypatch.setattr(sys, "print_exception", _print_exception, raising=False)
    monkeypatch.setattr(os, "ilistdir", _ilistdir, raising=False)


def _ilistdir(folder: str) -> list[tuple[str, int, int]]:
    with os.scandir(folder) as found:
        return [(one.name, 0x4000 if one.is_dir() else 0x8000, 0) for one in found]


def _print_exception(error: BaseException, file: io.StringIO) -> None:
    file.write("".join(traceback.format_exception(type(error), error, error.__traceback__)))
