"""The payload cipher aes128ecb with "comp_mode": text to decimal blocks and back."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher as _Cipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes

PAD = "&"
_CHARS = 12  # of text in one block
_GROUP = 4  # characters in one slot
_SLOT = 10**11  # holds any 32-bit group
_DIGITS = 39  # of 2**128, so every block fits


class CipherError(Exception):
    """A text that this cipher cannot carry, or has not produced."""


class SessionCipher:
    """One session's cipher; `key` is an integer of at most 128 bits."""

    def __init__(self, key: int) -> None:
        if key >> 128:
            raise CipherError("the key has more than 128 bits")
        # The mode is a fact of the protocol: no nonce, equal blocks encrypt alike.
        self._aes = _Cipher(algorithms.AES(key.to_bytes(16, "big")), modes.ECB())  # noqa: S305

    def encrypt(self, text: str) -> str:
        """Return 39 characters (digits, `&` padding) for each 12 of `text`; "" for "".

        Non-ASCII text overflows its slot, as in the recorded server: the result cannot be
        decrypted, and CipherError is raised if not even a block can be made.
        """
        pieces = [text[i : i + _CHARS] for i in range(0, len(text), _CHARS)]
        clear = b"".join(_pack(piece.ljust(_CHARS, PAD)) for piece in pieces)
        encryptor = self._aes.encryptor()
        coded = encryptor.update(clear) + encryptor.finalize()
        blocks = (coded[i : i + 16] for i in range(0, len(coded), 16))
        return "".join(str(int.from_bytes(b, "big")).ljust(_DIGITS, PAD) for b in blocks)

    def decrypt(self, coded: str) -> str:
        """Return the clear text without any `&`: the recorded server drops every one of them.

        Raises CipherError for anything that is not 39-character blocks of this key.
        """
        pieces = (coded[i : i + _DIGITS] for i in range(0, len(coded), _DIGITS))
        blocks = b"".join(_block(piece) for piece in pieces)
        decryptor = self._aes.decryptor()
        clear = decryptor.update(blocks) + decryptor.finalize()
        text = b"".join(_unpack(clear[i : i + 16]) for i in range(0, len(clear), 16))
        try:
            return text.decode("utf-8").replace(PAD, "")
        except UnicodeDecodeError as error:
            raise CipherError("the clear text is not UTF-8") from error


def _pack(piece: str) -> bytes:
    number = 0
    for start in range(_CHARS - _GROUP, -1, -_GROUP):
        group = piece[start : start + _GROUP].encode("utf-8")
        number = number * _SLOT + int.from_bytes(group, "big")
    if number >> 128:
        raise CipherError("non-ASCII text overflows the block")
    return number.to_bytes(16, "big")


def _unpack(block: bytes) -> bytes:
    number = int.from_bytes(block, "big")
    text = b""
    for _ in range(_CHARS // _GROUP):
        number, group = divmod(number, _SLOT)
        if group >> 32:
            raise CipherError("a group is wider than 32 bits")
        text += group.to_bytes(_GROUP, "big")
    return text


def _block(piece: str) -> bytes:
    digits = piece.rstrip(PAD)
    if not (digits.isascii() and digits.isdigit()) or int(digits) >> 128:
        raise CipherError("a block is not a 128-bit decimal number")
    return int(digits).to_bytes(16, "big")
