"""Passwords of boards: what stands in a board file, and how one proves to know it."""

from __future__ import annotations

import hashlib
import hmac
import secrets

_ROUNDS = 200_000


def key(password: str, salt: str) -> bytes:
    """PBKDF2 (RFC 8018 5.2) with SHA-256: slow here, so that a board need not be."""
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), _ROUNDS)


def proof(secret: bytes, nonce: str) -> str:
    """That we know the key, for one nonce (hexadecimal)."""
    return hmac.new(secret, bytes.fromhex(nonce), hashlib.sha256).hexdigest()


def entry(password: str) -> str:
    """What goes into `board.json` under `shell`."""
    salt = secrets.token_hex(8)
    return "%s:%s" % (salt, key(password, salt).hex())
