"""Payload mode 2, the cloud's side: AES-128-CTR under HMAC-SHA-256 (docs/protocol.md)."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

MARK = b"\x02"  # first byte of each request, and of the answer to preregister
_TOKEN = 16  # bytes
_HEAD = 1 + _TOKEN + 4  # the mark, the token, the number of the request
_MAC = 16
_UP, _DOWN = 1, 2  # directions
_LAST = 0x8000  # flag in the number of the last frame
_FRAME = 256  # bytes of text: as many as the smallest board holds at once


class BoxError(Exception):
    """A request that no Thing with this key has sent."""


@dataclass(frozen=True)
class Envelope:
    """The parts of a request in mode 2 that is not authenticated yet."""

    token: str
    number: int
    coded: bytes
    code: bytes


def is_boxed(body: bytes) -> bool:
    """Tell whether a body may be a request in mode 2, and so is none in mode 1."""
    return body[:1] == MARK and len(body) >= _HEAD + _MAC


def envelope(body: bytes) -> Envelope:
    """Split a request in mode 2 into its parts, without a check."""
    token = str(uuid.UUID(bytes=body[1 : 1 + _TOKEN]))
    number = int.from_bytes(body[1 + _TOKEN : _HEAD], "big")
    return Envelope(token, number, body[_HEAD:-_MAC], body[-_MAC:])


class CloudBox:
    """The keys of a session; `number` is that of the request to answer, 0 for preregister."""

    def __init__(self, secret: int, token: str, number: int = 0) -> None:
        key = secret.to_bytes(16, "big")
        self._token = uuid.UUID(token).bytes
        encrypting = hmac.digest(key, b"encrypt" + self._token, hashlib.sha256)
        self._aes = algorithms.AES(encrypting[:16])
        self._mac = hmac.digest(key, b"authenticate" + self._token, hashlib.sha256)
        self._number = number

    def open(self, found: Envelope) -> bytes:
        """Return the decrypted text of a request; raises BoxError if its MAC is wrong."""
        head = self._head(_UP, 0, 0)
        if not hmac.compare_digest(self._code(head, found.coded), found.code):
            raise BoxError("its code does not hold")
        return self._mixed(head, found.coded)

    def seal(self, status: int, text: bytes) -> bytes:
        """Encrypt an answer, in frames.

        Once for each request: a second text under the same key stream would reveal both.
        """
        pieces = [text[at : at + _FRAME] for at in range(0, len(text), _FRAME)] or [b""]
        last = len(pieces) - 1
        return b"".join(
            self._frame(status, number | (_LAST if number == last else 0), piece)
            for number, piece in enumerate(pieces)
        )

    def begin(self) -> bytes:
        """Return the answer to preregister: the token, and a proof that this cloud has the key."""
        return MARK + self._token + self.seal(200, b"")

    def _frame(self, status: int, number: int, text: bytes) -> bytes:
        head = self._head(_DOWN, status, number)
        coded = self._mixed(head, text)
        size = (len(text) | number & _LAST).to_bytes(2, "big")
        return size + coded + self._code(head, coded)

    def _head(self, direction: int, status: int, frame: int) -> bytes:
        fields = ((direction, 1), (self._number, 4), (status, 2), (frame, 2))
        return b"".join(value.to_bytes(size, "big") for value, size in fields)

    def _code(self, head: bytes, coded: bytes) -> bytes:
        return hmac.digest(self._mac, head + self._token + coded, hashlib.sha256)[:_MAC]

    def _mixed(self, head: bytes, data: bytes) -> bytes:
        stream = Cipher(self._aes, modes.CTR(head + bytes(7))).encryptor()
        return stream.update(data) + stream.finalize()
