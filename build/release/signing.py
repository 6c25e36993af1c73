"""RSA-3072 keys and signatures, as `domain/security/trust.py` checks them."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from adapters.linux import inputs

BITS = 3072


class ReleaseError(Exception):
    """A key or a release cannot be made or used; the text has the reason and the remedy."""


class Signer:
    """A private key. It is never printed or logged, and written only by `save`."""

    def __init__(self, private: RSAPrivateKey) -> None:
        self._private = private

    @property
    def modulus(self) -> bytes:
        """The public half, big-endian."""
        number = self._private.public_key().public_numbers().n
        return number.to_bytes((number.bit_length() + 7) // 8, "big")

    @property
    def id(self) -> str:
        """A short name of the public half."""
        return hashlib.sha256(self.modulus).digest()[:8].hex()

    @property
    def public(self) -> str:
        """The public half in base64."""
        return base64.b64encode(self.modulus).decode()

    def sign(self, text: bytes) -> bytes:
        """Return the line with a signature over `text`."""
        signature = self._private.sign(text, PKCS1v15(), SHA256())
        return b"sign %s %s\n" % (self.id.encode(), base64.b64encode(signature))

    def save(self, path: Path, password: str) -> None:
        """Write the key to a new file for its owner only, encrypted if there is a password."""
        how: KeySerializationEncryption = NoEncryption()
        if password:
            how = BestAvailableEncryption(password.encode())
        pem = self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(file, "wb") as stream:
                stream.write(pem)
        except OSError as error:
            raise ReleaseError("%s cannot be written: %s" % (path, error.strerror)) from None


def make() -> Signer:
    """Generate a new key."""
    return Signer(generate_private_key(65537, BITS))


def load(path: Path, password: str) -> Signer:
    """Load a key that `save` has written."""
    try:
        if path.stat().st_mode & 0o077 and not password:
            raise ReleaseError("%s can be read by others - chmod 600 it" % path)
        private = load_pem_private_key(inputs.data(path, inputs.MAX_PEM), password.encode() or None)
    except OSError as error:
        raise ReleaseError("%s cannot be read: %s" % (path, error.strerror)) from None
    except (ValueError, TypeError):
        raise ReleaseError("%s cannot be opened - is the password right?" % path) from None
    if not isinstance(private, RSAPrivateKey) or private.key_size != BITS:
        raise ReleaseError("%s is no RSA key of %d bits" % (path, BITS))
    return Signer(private)


def encrypted(path: Path) -> bool:
    """Decide whether a key needs a password."""
    try:
        return b"ENCRYPTED" in inputs.data(path, inputs.MAX_PEM)[:64]
    except OSError as error:
        raise ReleaseError("%s cannot be read: %s" % (path, error.strerror)) from None
