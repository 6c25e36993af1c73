"""AES-128 on single blocks."""

from __future__ import annotations

from typing import Any

try:
    import cryptolib
except ImportError:  # until 1.20
    import ucryptolib as cryptolib

_ECB = 1


class Aes:
    """The firmware's cipher objects go one way each."""

    def __init__(self, key: bytes) -> None:
        _must_be_16(key)
        self._to: Any = cryptolib.aes(key, _ECB)
        self._from: Any = cryptolib.aes(key, _ECB)

    def encrypt(self, block: bytes) -> bytes:
        """One block."""
        _must_be_16(block)
        result: bytes = self._to.encrypt(block)
        return result

    def decrypt(self, block: bytes) -> bytes:
        """One block."""
        _must_be_16(block)
        result: bytes = self._from.decrypt(block)
        return result


def _must_be_16(data: bytes) -> None:
    if len(data) != 16:
        raise ValueError("%d bytes where AES-128 takes 16" % len(data))
