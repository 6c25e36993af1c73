"""Digests, ciphers and signatures by the modules of the firmware. Stateless."""

from __future__ import annotations

import hashlib
import os
from typing import Any

from adapters.micropython.aes import Aes
from adapters.micropython.rsa import verify


class DeviceCrypto:
    """A board's cryptography. Cipher and signature are in files of their own: few need them."""

    def sha256(self, data: bytes) -> bytes:
        """Return the digest, 32 bytes."""
        digest: bytes = hashlib.sha256(data).digest()
        return digest

    def hasher(self) -> Any:
        """Return a hash object to which the data is given in pieces."""
        return hashlib.sha256()

    def hmac_sha256(self, key: bytes, data: bytes) -> bytes:
        """Return the authentication code, 32 bytes."""
        if len(key) > 64:
            key = self.sha256(key)
        key = key + bytes(64 - len(key))
        inner = self.sha256(bytes([byte ^ 0x36 for byte in key]) + data)
        return self.sha256(bytes([byte ^ 0x5C for byte in key]) + inner)

    def equal(self, a: bytes, b: bytes) -> bool:
        """Compare in a time that only depends on the lengths."""
        different = len(a) ^ len(b)
        for x, y in zip(a, b):
            different |= x ^ y
        return not different

    def random(self, size: int) -> bytes:
        """Return random bytes, from the hardware's generator where there is one."""
        return os.urandom(size)

    def aes(self, key: bytes) -> Aes:
        """Return AES-128 with a 16-byte key."""
        return Aes(key)

    def verify(self, modulus: int, signature: bytes, digest: bytes) -> bool:
        """Verify an RSASSA-PKCS1-v1_5 signature over a SHA-256 digest."""
        return verify(modulus, signature, digest)
