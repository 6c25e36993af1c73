"""Real digests and ciphers, with random bytes that are the same in every run."""

from __future__ import annotations

import hashlib
import hmac
import random

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


class FakeAes:
    def __init__(self, key: bytes) -> None:
        if len(key) != 16:
            raise ValueError("an AES-128 key has 16 bytes")
        self._cipher = Cipher(algorithms.AES(bytes(key)), modes.ECB())

    def encrypt(self, block: bytes) -> bytes:
        return self._run(self._cipher.encryptor(), block)

    def decrypt(self, block: bytes) -> bytes:
        return self._run(self._cipher.decryptor(), block)

    def _run(self, context, block: bytes) -> bytes:
        if len(block) != 16:
            raise ValueError("an AES block has 16 bytes")
        result: bytes = context.update(bytes(block)) + context.finalize()
        return result


class FakeCrypto:
    """Crypto with random bytes from `seed`, or from `fixed` (bytes, repeated) where that is set."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)
        self.fixed = b""

    def sha256(self, data: bytes) -> bytes:
        return hashlib.sha256(data).digest()

    def hasher(self) -> hashlib._Hash:
        return hashlib.sha256()

    def hmac_sha256(self, key: bytes, data: bytes) -> bytes:
        return hmac.new(key, data, hashlib.sha256).digest()

    def equal(self, a: bytes, b: bytes) -> bool:
        return hmac.compare_digest(a, b)

    def random(self, size: int) -> bytes:
        if size < 0:
            raise ValueError("a negative number of bytes")
        if self.fixed:
            return (self.fixed * (size // len(self.fixed) + 1))[:size]
        return bytes(self._random.getrandbits(8) for _ in range(size))

    def aes(self, key: bytes) -> FakeAes:
        return FakeAes(key)

    def verify(self, modulus: int, signature: bytes, digest: bytes) -> bool:
        try:
            key = rsa.RSAPublicNumbers(65537, modulus).public_key()
            key.verify(signature, digest, padding.PKCS1v15(), Prehashed(hashes.SHA256()))
        except (InvalidSignature, ValueError, OverflowError):
            return False
        return True
