"""The key transport srsa1: textbook RSA that carries a session's AES key."""

from __future__ import annotations

import functools
import json
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

from app.cloud.errors import CloudFailure
from app.cloud.folder import read_or_make

EXPONENT = 65537
_BITS = 1024
MOST_PIECES = 10  # of four digits each: a 128-bit key has 39


class KeyTransportError(Exception):
    """Pieces that are not integers that decrypt to text."""


class TooManyPieces(KeyTransportError):
    """More pieces than any key has, refused without decryption."""


@dataclass(frozen=True)
class KeyPair:
    """The cloud's key pair: modulus, and the private exponent that must not leave the server."""

    modulus: int
    private: int = field(repr=False)

    def decrypt(self, pieces: object) -> str:
        """Join the text of the decrypted `pieces`, a list of integers.

        Raises KeyTransportError for anything else, or when the result is not UTF-8.
        """
        if not isinstance(pieces, list):
            raise KeyTransportError("not a list of pieces")
        if len(pieces) > MOST_PIECES:
            raise TooManyPieces(f"more than {MOST_PIECES} pieces")
        return "".join(self._piece(piece) for piece in pieces)

    def _piece(self, piece: object) -> str:
        if type(piece) is not int or not 0 <= piece < self.modulus:
            raise KeyTransportError("a piece is not an integer below the modulus")
        number = self._power(piece)
        try:
            return number.to_bytes((number.bit_length() + 7) // 8, "big").decode("utf-8")
        except UnicodeDecodeError as error:
            raise KeyTransportError("a piece is not UTF-8") from error

    def _power(self, piece: int) -> int:
        """Return `piece` to the private exponent (RFC 8017, 5.1.2): by CRT, a quarter of the time.

        No library has RSA without padding. How long this takes says nothing of the key: a random
        factor blinds the piece.
        """
        p, q, dp, dq, inverse = self.factors
        blind = secrets.randbelow(self.modulus - 2) + 2
        blinded = piece * pow(blind, EXPONENT, self.modulus) % self.modulus
        low = pow(blinded, dq, q)
        high = (pow(blinded, dp, p) - low) * inverse % p
        return (low + high * q) * pow(blind, -1, self.modulus) % self.modulus

    @functools.cached_property
    def factors(self) -> tuple[int, int, int, int, int]:
        """p, q, d mod p-1, d mod q-1, and the inverse of q mod p; ValueError if it is no pair."""
        p, q = rsa.rsa_recover_prime_factors(self.modulus, EXPONENT, self.private)
        return (
            p,
            q,
            rsa.rsa_crt_dmp1(self.private, p),
            rsa.rsa_crt_dmq1(self.private, q),
            rsa.rsa_crt_iqmp(p, q),
        )


def first_number(text: str) -> int | None:
    """Return the first run of digits in `text`, at most 40 of them: all around it is padding."""
    found = re.search(r"[0-9]{1,40}", text)
    return int(found.group()) if found else None


def load_key_pair(path: Path) -> KeyPair:
    """Return the pair stored at `path`, made and stored there (mode 0600) if it is not."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        stored = json.loads(read_or_make(path, _make))
        pair = KeyPair(int(stored["modulus"]), int(stored["private"]))
        assert pair.factors
    except OSError as error:
        raise CloudFailure(
            f"Cannot use the key pair {path} ({error.strerror}). {_OTHER}"
        ) from error
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise CloudFailure(f"{path} is not our key pair. {_OTHER}") from error
    return pair


_OTHER = "Name it with --key-pair, or a path where there is none yet, to have one made."


def _make() -> str:
    numbers = rsa.generate_private_key(EXPONENT, _BITS).private_numbers()
    return json.dumps({"modulus": str(numbers.public_numbers.n), "private": str(numbers.d)})
