"""AES-128 on single blocks."""

from __future__ import annotations

from typing import Any

try:
    import cryptolib
except ImportError:  # until 1.20
    import ucryptolib as cryptolib

_ECB = 1


class Aes:
    """AES-128. The firmware's cipher objects work in one direction each, and are large: 0.5 kB."""

    def __init__(self, key: bytes) -> None:
        _must_be_16(key)
        self._key = key
        self._to: Any = None
        self._from: Any = None

    def encrypt(self, block: bytes) -> bytes:
        """Encrypt one block."""
        _must_be_16(block)
        self._to = self._to or cryptolib.aes(self._key, _ECB)
        result: bytes = self._to.encrypt(block)
        return result

    def decrypt(self, block: bytes) -> bytes:
        """Decrypt one block."""
        _must_be_16(block)
        self._from = self._from or cryptolib.aes(self._key, _ECB)
        result: bytes = self._from.decrypt(block)
        return result


def _must_be_16(data: bytes) -> None:
    if len(data) != 16:
        raise ValueError("%d bytes where AES-128 takes 16" % len(data))
