"""Encryption of the secrets in the database: session keys, identities of Things.

The key lies in a file outside of the database: an attacker with a copy of the database alone can
neither read a session nor take the place of a Thing.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.linux import inputs
from app.cloud.errors import CloudFailure
from app.cloud.folder import MAX_KEY, read_or_make

_BYTES = 32
_NONCE = 12  # bytes, random for each text: NIST SP 800-38D 8.2.2


class VaultError(Exception):
    """A text that was not wrapped with this key, or not for this purpose."""


class Vault:
    """AES-256-GCM under one key."""

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def wrap(self, secret: bytes, purpose: str) -> bytes:
        """Return `secret` in a form that only unwraps with this key, and for this `purpose`."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._aead.encrypt(nonce, secret, purpose.encode())

    def unwrap(self, wrapped: bytes, purpose: str) -> bytes:
        """Return the secret that was wrapped; raises VaultError."""
        try:
            return self._aead.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise VaultError(purpose) from error


def load_vault(path: Path, make: bool) -> Vault:
    """Return the vault of the key at `path`; with `make` the key is made (0600) if there is none.

    Raises CloudFailure without one, or for a file that is no key.
    """
    try:
        if make:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            text = read_or_make(path, lambda: secrets.token_hex(_BYTES) + "\n")
        else:
            text = inputs.text(path, MAX_KEY)
    except FileNotFoundError as error:
        raise CloudFailure(
            f"The key {path} of this database is missing ({error.strerror}). Put it back from the"
            " backup, or name it with --store-key. If it is lost, start once with --forget-keys:"
            " encrypted sessions end, and the identities of Things are learnt anew."
        ) from error
    except OSError as error:
        raise CloudFailure(f"Cannot read the key {path} ({error.strerror}). {OTHER}") from error
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != _BYTES:
        raise CloudFailure(f"{path} is not a key of {_BYTES} bytes in hexadecimal. {OTHER}")
    return Vault(key)


OTHER = (
    "Name the file that belongs to this database with --store-key. If it is lost, name one that is"
    " not there yet, and start once with --forget-keys: encrypted sessions end, and the identities"
    " of Things are learnt anew."
)
