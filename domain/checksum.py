"""A checksum that shows changed bytes: the first 32 bits of their SHA-256.

Not CRC-32, which the firmware of the ESP8266 does not have. It protects against wear and power
cuts, not against an attacker.
"""

from __future__ import annotations

import binascii
import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ports.crypto import Hasher


def checksum(data: bytes) -> str:
    """Return the checksum of `data` as 8 hex digits."""
    return of(hashlib.sha256(data))


def of(hasher: Hasher) -> str:
    """Return the first 32 bits of the digest of a SHA-256 `hasher` as hex."""
    return binascii.hexlify(hasher.digest()[:4]).decode()
