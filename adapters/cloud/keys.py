"""The key transport `srsa1`: a session's AES key under the cloud's RSA key, without padding.

The cloud takes the first run of decimal digits in the decrypted text as the key. Digits alone, in
the short pieces that it also accepts, could be guessed and compared; here they travel in one
piece, surrounded by random letters (docs/security.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.errors import CloudError

if TYPE_CHECKING:
    from ports.crypto import Crypto

# Of the public Pythings Cloud.
PUBLIC_MODULUS = 28413003199647341169755148817272580434684756919496624803561225904937920874272008267922241718272669080997784342773848675977238304083346116914731539644572572184061626687258523348629880944116435872100013777281682624539900472318355160325153486782544158202452609602511838141993451856549399731403548343252478723563  # noqa: E501
_SQUARES = 16  # the exponent is 65537; small firmware has no pow with three arguments
_DIGITS = 39  # of 2**128
# The text of a Thing that speaks payload mode 2 begins with this. Here an attacker on the way
# cannot remove it, and other clouds skip it. The text of other Things begins with one of a to p.
MARK = b"z"
_BEFORE = 39
_AFTER = 41  # 120 bytes in all, which the smallest modulus in use still holds


def seal(text: bytes, modulus: int) -> int:
    """Encrypt `text` by RSA as a big-endian number; raise CloudError `wrong` if it is too large."""
    number = int.from_bytes(text, "big")
    if number >= modulus:
        raise CloudError("wrong", "the cloud's public key is too short - check cloud_key")
    power = number
    for _ in range(_SQUARES):
        power = power * power % modulus
    return power * number % modulus


def seal_key(crypto: Crypto, key: bytes, modulus: int) -> int:
    """Return the 16 bytes of an AES `key` as the cloud expects them; different each time."""
    digits = str(int.from_bytes(key, "big"))
    digits = "0" * (_DIGITS - len(digits)) + digits
    letters = bytes([0x61 + (byte & 15) for byte in crypto.random(_BEFORE + _AFTER)])
    return seal(MARK + letters[:_BEFORE] + digits.encode() + letters[_BEFORE:], modulus)
