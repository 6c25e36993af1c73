"""Streams that are to be what was signed, no longer than stated, or base64."""

from __future__ import annotations

import binascii
import hashlib
from typing import TYPE_CHECKING

from domain.security.signed import digest_text, refused
from domain.streams import PIECE

if TYPE_CHECKING:
    from domain.streams import Write
    from ports.storage import Source


def checked(source: Source, write: Write, name: str, size: int, digest: str) -> None:
    """Give all of it to `write`: no more than is stated, and at its end it has been just that, or
    this raises. T9

    One loop, and not a stream over the stream, which would be a call more below each read: 290
    bytes of an ESP8266's stack.
    """
    hasher = hashlib.sha256()
    buffer = memoryview(bytearray(PIECE))
    count = source.readinto(buffer)
    while count:
        size -= count
        if size < 0:
            raise refused("T9", "%s is larger than stated" % name)
        hasher.update(buffer[:count])
        write(buffer[:count])
        count = source.readinto(buffer)
    if size or digest_text(hasher.digest()) != digest:
        raise refused("T9", "%s is not what was signed" % name)


class Bounded:
    """A stream of no more than `most` bytes, or it is refused: by which paragraph, and why."""

    def __init__(self, source: Source, most: int, paragraph: str, why: str) -> None:
        self.source = source
        self.left = most
        self.refusal = (paragraph, why)

    def readinto(self, buffer: memoryview) -> int:
        """The same bytes."""
        size = self.source.readinto(buffer)
        self.left -= size
        if self.left < 0:
            raise refused(*self.refusal)
        return size


class Base64:
    """What a stream of base64, cut anywhere, stands for."""

    def __init__(self, name: str, source: Source) -> None:
        self.name = name
        self.source = source
        self.held = b""  # of four characters, which are three bytes
        self.ended = False  # it was padded

    def readinto(self, buffer: memoryview) -> int:
        """Less than was read for it."""
        data, size = b"", 1
        while size and not data:
            size = self.source.readinto(buffer)
            text = self.held + bytes(buffer[:size])
            whole = len(text) // 4 * 4 if size else len(text)  # at the end it is all that is left
            text, self.held = text[:whole], text[whole:]
            missing = text[-2:].count(b"=")
            try:
                data = binascii.a2b_base64(text)
            except ValueError:
                data = b""
            # Some pass over what is not base64.
            if len(data) * 4 != whole * 3 - missing * 4 or (self.ended and text):
                raise refused("T9", "%s is not base64" % self.name)
            self.ended = missing > 0
        buffer[: len(data)] = data
        return len(data)
