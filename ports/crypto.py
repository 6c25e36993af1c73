"""Cryptographic primitives, from the platform's own library."""

from __future__ import annotations

from typing import Protocol


class Cipher(Protocol):
    """A block cipher with its key."""

    def encrypt(self, block: bytes) -> bytes:
        """16 bytes for 16 bytes."""

    def decrypt(self, block: bytes) -> bytes:
        """16 bytes for 16 bytes."""


class Hasher(Protocol):
    """A digest in the making."""

    def update(self, data: bytes) -> object:
        """The next piece."""

    def digest(self) -> bytes:
        """Of all of them, 32 bytes; the last thing to ask of it."""


class Crypto(Protocol):
    """Nothing here blocks or does I/O; wrong lengths raise ValueError."""

    def sha256(self, data: bytes) -> bytes:
        """The digest, 32 bytes (FIPS 180-4)."""

    def hasher(self) -> Hasher:
        """A SHA-256 of what comes in pieces."""

    def hmac_sha256(self, key: bytes, data: bytes) -> bytes:
        """The authentication code, 32 bytes (RFC 2104)."""

    def equal(self, a: bytes, b: bytes) -> bool:
        """Compare in a time that does not tell where they differ."""

    def random(self, size: int) -> bytes:
        """`size` unpredictable bytes."""

    def aes(self, key: bytes) -> Cipher:
        """AES-128 on single blocks (FIPS 197); `key` is 16 bytes."""

    def verify(self, modulus: int, signature: bytes, digest: bytes) -> bool:
        """Whether `signature` is an RSASSA-PKCS1-v1_5 one (RFC 8017 8.2, e = 65537) over a
        message whose SHA-256 is `digest`. False for anything malformed."""
