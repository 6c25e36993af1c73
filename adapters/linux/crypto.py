"""Digests from Python's library, ciphers and signatures from `cryptography`."""

from __future__ import annotations

import hashlib
import hmac
import secrets

# `cryptography` is imported where it is used: it takes longer to load than all the rest, and a
# Thing without payload encryption or OS updates never needs it.


class LinuxCrypto:
    """The cryptography of a Linux machine. Stateless."""

    def sha256(self, data: bytes) -> bytes:
        """Return the digest, 32 bytes."""
        return hashlib.sha256(data).digest()

    def hasher(self) -> hashlib._Hash:
        """Return a hash object to which the data is given in pieces."""
        return hashlib.sha256()

    def hmac_sha256(self, key: bytes, data: bytes) -> bytes:
        """Return the authentication code, 32 bytes."""
        return hmac.new(key, data, hashlib.sha256).digest()

    def equal(self, a: bytes, b: bytes) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(a, b)

    def random(self, size: int) -> bytes:
        """Return random bytes from the kernel."""
        return secrets.token_bytes(size)

    def aes(self, key: bytes) -> LinuxAes:
        """Return AES-128 with a 16-byte key."""
        return LinuxAes(key)

    def verify(self, modulus: int, signature: bytes, digest: bytes) -> bool:
        """Verify an RSASSA-PKCS1-v1_5 signature over a SHA-256 digest."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
        from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
        from cryptography.hazmat.primitives.hashes import SHA256

        try:
            key = RSAPublicNumbers(65537, modulus).public_key()
            key.verify(signature, digest, PKCS1v15(), Prehashed(SHA256()))
        except (InvalidSignature, ValueError, OverflowError):  # OverflowError: negative
            return False
        return True


class LinuxAes:
    """AES-128 on single blocks of 16 bytes."""

    def __init__(self, key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers import Cipher
        from cryptography.hazmat.primitives.ciphers.algorithms import AES
        from cryptography.hazmat.primitives.ciphers.modes import ECB

        _must_be_16(key)
        # Blocks are independent of each other (ECB), so one context serves them all.
        cipher = Cipher(AES(bytes(key)), ECB())  # noqa: S305 - modes are the caller's affair
        self._encrypt = cipher.encryptor().update
        self._decrypt = cipher.decryptor().update

    def encrypt(self, block: bytes) -> bytes:
        """Encrypt one block."""
        _must_be_16(block)
        return self._encrypt(bytes(block))

    def decrypt(self, block: bytes) -> bytes:
        """Decrypt one block."""
        _must_be_16(block)
        return self._decrypt(bytes(block))


def _must_be_16(data: bytes) -> None:
    if len(data) != 16:
        raise ValueError("%d bytes where AES-128 takes 16" % len(data))
