"""Passwords: Argon2id hashes of them, in the PHC string format (RFC 9106; OWASP's parameters)."""

from __future__ import annotations

import secrets
import unicodedata

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from app.cloud.errors import CloudFailure

SHORTEST, LONGEST = 12, 256  # characters
_SALT = 16  # bytes
_KEY = 32
_PASSES = 2
_KIB = 19 * 1024
_LANES = 1


class BadPassword(CloudFailure):
    """The password is too short or too long; the text gives the limits."""


def hashed(password: str) -> str:
    """Return the hash of a new password; raises BadPassword."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadPassword(f"a password has {SHORTEST} to {LONGEST} characters")
    kdf = Argon2id(
        salt=secrets.token_bytes(_SALT),
        length=_KEY,
        iterations=_PASSES,
        lanes=_LANES,
        memory_cost=_KIB,
    )
    return kdf.derive_phc_encoded(_bytes(password))


def matches(password: str, known: str) -> bool:
    """Tell whether the password is that of the hash, in a time that reveals nothing of it."""
    if len(password) > LONGEST:
        return False
    try:
        Argon2id.verify_phc_encoded(_bytes(password), known)
    except (InvalidKey, ValueError):
        return False
    return True


def _bytes(password: str) -> bytes:
    # Keyboards differ in how they send an accent (RFC 8265, 4.2.2).
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
