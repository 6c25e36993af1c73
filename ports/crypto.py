"""Cryptographic primitives, from the platform's own library."""

from __future__ import annotations

from typing import Protocol


class Cipher(Protocol):
    """A block cipher with its key."""

    def encrypt(self, block: bytes) -> bytes:
        """Return 16 encrypted bytes for 16 bytes."""

    def decrypt(self, block: bytes) -> bytes:
        """Return 16 decrypted bytes for 16 bytes."""


class Hasher(Protocol):
    """An incremental SHA-256."""

    def update(self, data: bytes) -> object:
        """Add the next piece."""

    def digest(self) -> bytes:
        """Return the digest of all pieces, 32 bytes; no other call may follow."""


class Crypto(Protocol):
    """The cryptographic primitives. Nothing here blocks or does I/O; wrong lengths raise
    ValueError."""

    def sha256(self, data: bytes) -> bytes:
        """Return the digest, 32 bytes (FIPS 180-4)."""

    def hasher(self) -> Hasher:
        """Return a SHA-256 for data that comes in pieces."""

    def hmac_sha256(self, key: bytes, data: bytes) -> bytes:
        """Return the authentication code, 32 bytes (RFC 2104)."""

    def equal(self, a: bytes, b: bytes) -> bool:
        """Compare in a time that does not reveal where they differ."""

    def random(self, size: int) -> bytes:
        """Return `size` unpredictable bytes."""

    def aes(self, key: bytes) -> Cipher:
        """Return AES-128 for single blocks (FIPS 197); `key` is 16 bytes."""

    def verify(self, modulus: int, signature: bytes, digest: bytes) -> bool:
        """Return whether `signature` is an RSASSA-PKCS1-v1_5 one (RFC 8017 8.2, e = 65537) over a
        message with the SHA-256 `digest`. False for anything malformed."""
