"""What MicroPython has and CPython has not."""

from __future__ import annotations

import gc
import importlib
import io
import sys
import time
import traceback
import types
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


def fresh(monkeypatch: pytest.MonkeyPatch, *names: str) -> Any:
    """Import modules anew, against the stand-ins that are there now; gives the last one. After the
    test nobody finds them."""
    for name in names:
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
        del sys.modules[name]
        made = importlib.import_module(name)
    return made


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a counter of ticks that wraps in a moment."""
    ticks = Ticks(0x40000000 - 10)
    for name in ("ticks_ms", "ticks_diff", "sleep_ms"):
        monkeypatch.setattr(time, name, getattr(ticks, name), raising=False)
    cryptolib: Any = types.ModuleType("cryptolib")
    cryptolib.aes = Aes
    monkeypatch.setitem(sys.modules, "cryptolib", cryptolib)
    # An app host puts its own there, which must not stay: it has any attribute that is asked for.
    monkeypatch.setitem(sys.modules, "logger", types.ModuleType("logger"))
    # Here it would go through everything that any test has made.
    monkeypatch.setattr(gc, "collect", lambda: 0)
    monkeypatch.setattr(gc, "mem_free", lambda: 20_000, raising=False)
    monkeypatch.setattr(gc, "mem_alloc", lambda: 18_000, raising=False)
    monkeypatch.setattr(sys, "print_exception", _print_exception, raising=False)


def _print_exception(error: BaseException, file: io.StringIO) -> None:
    file.write("".join(traceback.format_exception(type(error), error, error.__traceback__)))
