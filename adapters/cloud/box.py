"""Payload mode 2: AES-128 in counter mode under HMAC-SHA-256, compact on the wire.

Both keys are derived from the session's secret and its token, so each session has its own. A
request is a 2, the token (16 bytes), its number (4), the encrypted text, and its code (16). An
answer is a sequence of frames: the length (2 bytes, the highest bit is set in the last one), the
encrypted text, and its code. A code covers direction, number of the request, status, number of the
frame, token, and ciphertext; nothing is used before its code is verified. docs/protocol.md has
test vectors.
"""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, Any

from domain.errors import CloudError
from domain.streams import gather

if TYPE_CHECKING:
    from ports.crypto import Cipher, Crypto

MARK = b"\2"  # no JSON begins so, and no text that mode 1 has encrypted
MAC = 16  # bytes of a code
UP = 1
DOWN = 2
LAST = 32768
MOST = 256  # bytes of text in a frame: as many as are read at once
_FRAME = 2 + MOST + MAC
_ROOM = _FRAME + 64  # at least this many are read at once


class Box:
    """The keys of a session. `secret`: the key sent to the cloud by preregister; `token`: 16 bytes;
    `key`: that of the cipher. The cipher is made for each exchange: it is too large to keep."""

    def __init__(self, crypto: Crypto, secret: bytes, token: bytes) -> None:
        self.key = crypto.hmac_sha256(secret, b"encrypt" + token)[:16]
        key = crypto.hmac_sha256(secret, b"authenticate" + token) + bytes(32)
        self._inner = bytes([byte ^ 0x36 for byte in key])
        self._outer = bytes([byte ^ 0x5C for byte in key])
        self.token = token
        self.secret = secret
        self.number = 0  # of the request; it only grows

    def request(self, aes: Cipher, text: bytes) -> bytes:
        """Return the next request as it is sent: encrypted, with its code."""
        self.number += 1
        head = self.head(UP, 0, 0)
        data = bytearray(text)
        mix(aes, head, data)
        return MARK + self.token + head[1:5] + data + self.code(head, data)

    def whole(self, aes: Cipher, status: int, data: bytes) -> tuple[bytes, bool]:
        """Return the text of an answer, and whether it is authentic: errors may be in clear."""
        try:
            return gather(Opened(self, aes, status, io.BytesIO(data)), len(data)), True
        except CloudError:
            if status == 200:
                raise
        return data, False

    def head(self, direction: int, status: int, frame: int) -> bytes:
        """Return the nine bytes that identify a text; no two texts of a session have the same."""
        return (direction << 64 | self.number << 32 | status << 16 | frame).to_bytes(9, "big")

    def code(self, head: bytes, data: Any) -> bytes:
        """Return the HMAC (RFC 2104), without the crypto port: it is called deep on the stack."""
        inner = hashlib.sha256(self._inner + head + self.token)
        inner.update(data)
        return hashlib.sha256(self._outer + inner.digest()).digest()[:MAC]


def mix(aes: Cipher, head: bytes, data: Any) -> None:
    """Encrypt or decrypt, which is the same, in place, as pieces would be many objects."""
    at, size, encrypt = 0, len(data), aes.encrypt
    while at < size:
        for byte in encrypt(head + (at >> 4).to_bytes(7, "big")):
            if at < size:
                data[at] ^= byte
            at += 1


class Opened:
    """An answer, as a stream over a stream, cut anywhere. Raises CloudError `forged`."""

    def __init__(self, box: Box, aes: Cipher, status: int, source: Any) -> None:
        self._box = box
        self._aes = aes
        self._status = status
        self._source = source
        self._data = bytearray(_ROOM)
        self._have = 0  # bytes in it
        self._next = 0  # where the frame opened last ends
        self._at = 0  # start of its text that was not returned yet
        self._end = 0
        self._frame = 0  # with LAST, once the last frame has come

    def readinto(self, buffer: memoryview) -> int:
        """Return the next bytes of authenticated text; 0 at the end."""
        more = True
        while more and self._at == self._end:
            more = self._open()
        size = min(self._end - self._at, len(buffer))
        buffer[:size] = self._data[self._at : self._at + size]
        self._at += size
        return size

    def _open(self) -> bool:
        """Open the next frame in the place of the last one; return whether there is one."""
        data = self._data
        have = self._have - self._next
        data[:have] = data[self._next : self._have]
        size = 1
        while size and have < _FRAME and (have < 2 or have < _length(data) + 2 + MAC):
            size = self._source.readinto(memoryview(data)[have:])
            have += size
        end = 2 + _length(data)
        more = have > 0 or not self._frame & LAST
        if more:
            if self._frame & LAST or end > 2 + MOST or have < max(2, end + MAC):
                raise forged()
            self._frame |= data[0] << 8 & LAST
            head = self._box.head(DOWN, self._status, self._frame)
            text = memoryview(data)[2:end]
            code = int.from_bytes(self._box.code(head, text), "big")
            if code ^ int.from_bytes(data[end : end + MAC], "big"):  # in constant time
                raise forged()
            mix(self._aes, head, text)
            self._frame += 1
            self._at, self._end, self._next, self._have = 2, end, end + MAC, have
        return more


def _length(data: bytearray) -> int:
    """Return the length of the text of the frame that begins there."""
    return (data[0] << 8 | data[1]) & ~LAST


def forged() -> CloudError:
    """Return the error for an answer that is not the cloud's, was changed, or is a replay."""
    return CloudError(
        "forged", "this is not the cloud's answer: it was changed, cut, or sent before"
    )
