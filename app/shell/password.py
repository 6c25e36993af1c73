"""Passwords of boards: the entry in a board file, and the proof of knowing the password."""

from __future__ import annotations

import hashlib
import hmac
import secrets

_ROUNDS = 200_000


def key(password: str, salt: str) -> bytes:
    """Derive the key by PBKDF2 (RFC 8018 5.2) with SHA-256: slow here, to spare the boards."""
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), _ROUNDS)


def proof(secret: bytes, nonce: str) -> str:
    """Prove knowledge of the key for one nonce (hexadecimal): an HMAC-SHA-256 in hexadecimal."""
    return hmac.new(secret, bytes.fromhex(nonce), hashlib.sha256).hexdigest()


def entry(password: str) -> str:
    """Return the entry `shell` of `board.json` for a password: a new salt and the key."""
    salt = secrets.token_hex(8)
    return "%s:%s" % (salt, key(password, salt).hex())
