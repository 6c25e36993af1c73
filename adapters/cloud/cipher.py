"""The payload cipher `aes128ecb` in its `comp_mode`: text as blocks of decimal digits.

12 characters, the last ones padded with `&`, are three big-endian 32-bit numbers. They share one
AES block, each in a slot of 11 decimal digits, the first one lowest. On the wire a block is its
decimal number, padded with `&` to 39 characters. Nothing authenticates it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.errors import CloudError

if TYPE_CHECKING:
    from ports.crypto import Cipher

_PIECE = 12
BLOCK = 39  # digits of 2**128
_SLOT = 100000000000
_ASCII = 0x7F7F7F7F


def encrypt(aes: Cipher, text: str) -> str:
    """Encrypt `text`, which must be ASCII: 39 characters for each 12."""
    data = text.encode()
    blocks = []
    for start in range(0, len(data), _PIECE):
        piece = data[start : start + _PIECE]
        piece += b"&" * (_PIECE - len(piece))
        number = 0
        for group in (8, 4, 0):
            number = number * _SLOT + int.from_bytes(piece[group : group + 4], "big")
        digits = str(int.from_bytes(aes.encrypt(number.to_bytes(16, "big")), "big"))
        blocks.append(digits + "&" * (BLOCK - len(digits)))
    return "".join(blocks)


def decrypt(aes: Cipher, data: bytes) -> bytes:
    """Decrypt whole blocks to ASCII text; raise CloudError `wrong`."""
    return blocks(aes, data).rstrip(b"&")


def blocks(aes: Cipher, data: bytes) -> bytes:
    """Decrypt whole blocks and keep the padding; raise CloudError `wrong`."""
    if len(data) % BLOCK:
        raise _wrong()
    text = b""
    for at in range(0, len(data), BLOCK):  # no comprehension: it would be one call deeper
        text += _piece(aes, data[at : at + BLOCK])
    return text


def _piece(aes: Cipher, block: bytes) -> bytes:
    digits = block.rstrip(b"&")
    number = int(digits) if digits.isdigit() else -1
    if number >> 128:
        raise _wrong()
    number = int.from_bytes(aes.decrypt(number.to_bytes(16, "big")), "big")
    piece = b""
    for _ in range(3):
        group = number % _SLOT
        number //= _SLOT
        # Text beyond ASCII has overflowed its slot and is lost. That is detected here, except for
        # one piece in some hundreds, which passes for another text.
        if group | _ASCII != _ASCII:
            raise _wrong()
        piece += group.to_bytes(4, "big")
    if number:
        raise _wrong()
    return piece


def _wrong() -> CloudError:
    return CloudError("wrong", "the cloud's encrypted answer cannot be read")
