"""RSA signatures (RFC 8017 8.2.2 and 9.2), with Python's own integers."""

from __future__ import annotations

# DER of DigestInfo for SHA-256, up to the digest (RFC 8017 9.2, note 1).
_SHA256 = b"010\r\x06\t`\x86H\x01e\x03\x04\x02\x01\x05\x00\x04 "


def verify(modulus: int, signature: bytes, digest: bytes) -> bool:
    """Return whether a signature is the one encoding of the digest under this key."""
    size = len(signature)
    number = int.from_bytes(signature, "big")
    if not 64 <= size <= 1024 or not number < modulus or not 0 < modulus >> 8 * size - 8 < 256:
        return False
    power = number
    for _ in range(16):  # number ** 65537; small firmware has no pow with three arguments
        power = power * power % modulus
    tail = b"\0" + _SHA256 + digest
    wanted = b"\0\1" + b"\xff" * (size - 2 - len(tail)) + tail
    return (power * number % modulus).to_bytes(size, "big") == wanted
