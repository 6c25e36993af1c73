"""Payload mode 2: AES-128 in counter mode under HMAC-SHA-256, compact on the wire.

Both keys come of the session's secret and its token, so a session has keys of its own. A request
is a 2, the token (16 bytes), its number (4), the text, encrypted, and its code (16). An answer is
frames: the length (2 bytes, the highest bit in the last one), the text, encrypted, and its code. A
code is over direction, number of the request, status, number of the frame, token, and what is
encrypted: nothing is read of what it does not hold for. docs/protocol.md has test vectors.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from domain.errors import CloudError

if TYPE_CHECKING:
    from ports.crypto import Crypto
    from ports.storage import Source

MARK = b"\2"  # no JSON begins so, and nothing that mode 1 has encrypted
MAC = 16  # bytes of a code
UP = 1
DOWN = 2
LAST = 32768
MOST = 256  # bytes of text in a frame: as many as are read at once


class Box:
    """A session's keys. `secret`: what preregister has told the cloud; `token`: 16 bytes."""

    def __init__(self, crypto: Crypto, secret: bytes, token: bytes) -> None:
        self.aes = crypto.aes(crypto.hmac_sha256(secret, b"encrypt" + token)[:16])
        key = crypto.hmac_sha256(secret, b"authenticate" + token) + bytes(32)
        self._inner = bytes([byte ^ 0x36 for byte in key])
        self._outer = bytes([byte ^ 0x5C for byte in key])
        self._token = token
        self.number = 0  # of the request, which only grows

    def request(self, text: bytes) -> bytes:
        """The next one, as it is sent."""
        self.number += 1
        head = self.head(UP, 0, 0)
        data = self.mixed(head, text)
        return MARK + self._token + head[1:5] + data + self.code(head, data)

    def whole(self, status: int, data: bytes) -> tuple[bytes, bool]:
        """The text of an answer, and whether it is the cloud's: an error may come in the clear."""
        opened = Opened(self, status)
        try:
            return opened.feed(data) + opened.end(), True
        except CloudError:
            if status == 200:
                raise
        return data, False

    def head(self, direction: int, status: int, frame: int) -> bytes:
        """What a text is: no two have the same."""
        return (direction << 64 | self.number << 32 | status << 16 | frame).to_bytes(9, "big")

    def code(self, head: bytes, data: bytes) -> bytes:
        """HMAC (RFC 2104). Not by a port: it is called deep on the stack."""
        inner = hashlib.sha256(self._inner + head + self._token + data).digest()
        return hashlib.sha256(self._outer + inner).digest()[:MAC]

    def mixed(self, head: bytes, data: bytes) -> bytes:
        """Encrypted, or decrypted, which is the same."""
        parts = []
        for at in range(0, len(data), 16):
            piece = data[at : at + 16]
            size = len(piece)
            stream = self.aes.encrypt(head + (at >> 4).to_bytes(7, "big"))[:size]
            mixed = int.from_bytes(piece, "big") ^ int.from_bytes(stream, "big")
            parts.append(mixed.to_bytes(size, "big"))
        return b"".join(parts)


class Opened:
    """An answer, as a stream over a stream, in pieces cut anywhere. Raises CloudError `forged`."""

    def __init__(self, box: Box, status: int, source: Source | None = None) -> None:
        self._box = box
        self._status = status
        self._source: Any = source
        self._text = b""  # that the last buffer had no room for
        self._rest = b""  # of a frame that is not complete
        self._frame = 0  # with LAST, once that has come

    def readinto(self, buffer: memoryview) -> int:
        """What has been found to be the cloud's."""
        text, read = self._text, 1
        while read and not text:
            read = self._source.readinto(buffer)
            text = self.feed(bytes(buffer[:read])) if read else self.end()
        size = min(len(text), len(buffer))
        buffer[:size] = text[:size]
        self._text = text[size:]
        return size

    def feed(self, data: bytes) -> bytes:
        """Take some of what arrived; gives the text that is the cloud's, beyond doubt."""
        data = self._rest + data
        text = b""
        while len(data) > 1:
            mark = data[0] << 8 | data[1]
            end = 2 + (mark & ~LAST)
            if end > 2 + MOST or self._frame & LAST:
                raise forged()
            if len(data) < end + MAC:
                break
            self._frame |= mark & LAST
            head = self._box.head(DOWN, self._status, self._frame)
            code = int.from_bytes(self._box.code(head, data[2:end]), "big")
            if code ^ int.from_bytes(data[end : end + MAC], "big"):  # in a time that tells nothing
                raise forged()
            text += self._box.mixed(head, data[2:end])
            self._frame += 1
            data = data[end + MAC :]
        self._rest = data
        return text

    def end(self) -> bytes:
        """Nothing follows."""
        if self._rest or not self._frame & LAST:
            raise forged()
        return b""


def forged() -> CloudError:
    """The error for what the cloud has not sent, not so, or to another request."""
    return CloudError(
        "forged", "this is not the cloud's answer: it was changed, cut, or sent before"
    )
