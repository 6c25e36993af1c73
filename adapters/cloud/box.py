"""Payload mode 2: AES-128 in counter mode under HMAC-SHA-256, compact on the wire.

Both keys come of the session's secret and its token, so a session has keys of its own. A request
is a 2, the token (16 bytes), its number (4), the text, encrypted, and its code (16). An answer is
frames: the length (2 bytes, the highest bit in the last one), the text, encrypted, and its code. A
code is over direction, number of the request, status, number of the frame, token, and what is
encrypted: nothing is read of what it does not hold for. docs/protocol.md has test vectors.
"""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, Any

from domain.errors import CloudError
from domain.streams import gather

if TYPE_CHECKING:
    from ports.crypto import Cipher, Crypto

MARK = b"\2"  # no JSON begins so, and nothing that mode 1 has encrypted
MAC = 16  # bytes of a code
UP = 1
DOWN = 2
LAST = 32768
MOST = 256  # bytes of text in a frame: as many as are read at once
_FRAME = 2 + MOST + MAC
_ROOM = _FRAME + 64  # at least so many are read at once


class Box:
    """A session's keys. `secret`: what preregister has told the cloud; `token`: 16 bytes; `key`: of
    the cipher, which is made for each exchange anew: it is large, and stays in no session."""

    def __init__(self, crypto: Crypto, secret: bytes, token: bytes) -> None:
        self.key = crypto.hmac_sha256(secret, b"encrypt" + token)[:16]
        key = crypto.hmac_sha256(secret, b"authenticate" + token) + bytes(32)
        self._inner = bytes([byte ^ 0x36 for byte in key])
        self._outer = bytes([byte ^ 0x5C for byte in key])
        self._token = token
        self.number = 0  # of the request, which only grows

    def request(self, aes: Cipher, text: bytes) -> bytes:
        """The next one, as it is sent."""
        self.number += 1
        head = self.head(UP, 0, 0)
        data = bytearray(text)
        mix(aes, head, data)
        return MARK + self._token + head[1:5] + data + self.code(head, data)

    def whole(self, aes: Cipher, status: int, data: bytes) -> tuple[bytes, bool]:
        """The text of an answer, and whether it is the cloud's: an error may come in the clear."""
        try:
            return gather(Opened(self, aes, status, io.BytesIO(data)), len(data)), True
        except CloudError:
            if status == 200:
                raise
        return data, False

    def head(self, direction: int, status: int, frame: int) -> bytes:
        """What a text is: no two have the same."""
        return (direction << 64 | self.number << 32 | status << 16 | frame).to_bytes(9, "big")

    def code(self, head: bytes, data: Any) -> bytes:
        """HMAC (RFC 2104). Not by a port: it is called deep on the stack."""
        inner = hashlib.sha256(self._inner + head + self._token)
        inner.update(data)
        return hashlib.sha256(self._outer + inner.digest()).digest()[:MAC]


def mix(aes: Cipher, head: bytes, data: Any) -> None:
    """Encrypt, or decrypt, which is the same, in place: pieces are many objects."""
    at, size, encrypt = 0, len(data), aes.encrypt
    while at < size:
        for byte in encrypt(head + (at >> 4).to_bytes(7, "big")):
            if at < size:
                data[at] ^= byte
            at += 1


class Opened:
    """An answer, as a stream over a stream, in pieces cut anywhere. Raises CloudError `forged`."""

    def __init__(self, box: Box, aes: Cipher, status: int, source: Any) -> None:
        self._box = box
        self._aes = aes
        self._status = status
        self._source = source
        self._data = bytearray(_ROOM)
        self._have = 0  # bytes in it
        self._next = 0  # where the frame ends that was opened last
        self._at = 0  # of its text, what was not given yet
        self._end = 0
        self._frame = 0  # with LAST, once that has come

    def readinto(self, buffer: memoryview) -> int:
        """What has been found to be the cloud's."""
        more = True
        while more and self._at == self._end:
            more = self._open()
        size = min(self._end - self._at, len(buffer))
        buffer[:size] = self._data[self._at : self._at + size]
        self._at += size
        return size

    def _open(self) -> bool:
        """The next frame, in the place of the last one; whether there is one."""
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
            if code ^ int.from_bytes(data[end : end + MAC], "big"):  # in a time that tells nothing
                raise forged()
            mix(self._aes, head, text)
            self._frame += 1
            self._at, self._end, self._next, self._have = 2, end, end + MAC, have
        return more


def _length(data: bytearray) -> int:
    """Of the text of the frame that begins there."""
    return (data[0] << 8 | data[1]) & ~LAST


def forged() -> CloudError:
    """The error for what the cloud has not sent, not so, or to another request."""
    return CloudError(
        "forged", "this is not the cloud's answer: it was changed, cut, or sent before"
    )
