"""The key transport srsa1: textbook RSA that carries a session's AES key."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

from app.cloud.errors import CloudError
from app.cloud.folder import read_or_make

EXPONENT = 65537
_BITS = 1024
# A Thing sends ten pieces, or one; each costs a modular exponentiation, so a body full is refused.
_MAX_PIECES = 64


class KeyTransportError(Exception):
    """The pieces are not integers that decrypt to text."""


@dataclass(frozen=True)
class KeyPair:
    """The cloud's key pair: modulus, and the private exponent that must not leave the server."""

    modulus: int
    private: int

    def decrypt(self, pieces: object) -> str:
        """Join the text of the decrypted `pieces`, a list of integers.

        Raises KeyTransportError for anything else, or when the result is not UTF-8.
        """
        if not isinstance(pieces, list) or len(pieces) > _MAX_PIECES:
            raise KeyTransportError("not a short list of pieces")
        return "".join(self._piece(piece) for piece in pieces)

    def _piece(self, piece: object) -> str:
        if not isinstance(piece, int):
            raise KeyTransportError("a piece is not an integer")
        number = pow(piece, self.private, self.modulus)
        try:
            return number.to_bytes((number.bit_length() + 7) // 8, "big").decode("utf-8")
        except UnicodeDecodeError as error:
            raise KeyTransportError("a piece is not UTF-8") from error


def first_number(text: str) -> int | None:
    """Return the first run of digits in `text`, at most 40 of them: all around it is padding."""
    found = re.search(r"\d{1,40}", text)
    return int(found.group()) if found else None


def load_key_pair(path: Path) -> KeyPair:
    """Return the pair stored at `path`, made and stored there (mode 0600) if it is not."""
    try:
        stored = json.loads(read_or_make(path, _make))
        return KeyPair(int(stored["modulus"]), int(stored["private"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CloudError(f"{path} is not our key pair. Remove it to have one made.") from error


def _make() -> str:
    numbers = rsa.generate_private_key(EXPONENT, _BITS).private_numbers()
    return json.dumps({"modulus": str(numbers.public_numbers.n), "private": str(numbers.d)})
