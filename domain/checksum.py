"""What tells that bytes are no longer what they were: the first 32 bits of their SHA-256.

Not CRC-32, which the firmware of the ESP8266 does not have. It is against wear and power cuts, not
against somebody.
"""

from __future__ import annotations

import binascii
import hashlib
from typing import Any


def checksum(data: bytes) -> str:
    """8 hex digits."""
    return of(hashlib.sha256(data))


def of(hasher: Any) -> str:
    """Of what has been fed to a SHA-256."""
    return binascii.hexlify(hasher.digest()[:4]).decode()
