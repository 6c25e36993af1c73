"""Streams that verify a signed digest, a size limit, or base64."""

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
    """Copy `source` to `write`, at most `size` bytes; raise unless it has that size and digest. T9

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
    """A stream of at most `most` bytes; a longer one is refused: by which paragraph, and why."""

    def __init__(self, source: Source, most: int, paragraph: str, why: str) -> None:
        self.source = source
        self.left = most
        self.refusal = (paragraph, why)

    def readinto(self, buffer: memoryview) -> int:
        """Read from the source; refuse it once it exceeds the limit."""
        size = self.source.readinto(buffer)
        self.left -= size
        if self.left < 0:
            raise refused(*self.refusal)
        return size


class Base64:
    """The decoded bytes of a base64 stream that is cut anywhere."""

    def __init__(self, name: str, source: Source) -> None:
        self.name = name
        self.source = source
        self.held = b""  # part of a group of four characters, which are three bytes
        self.ended = False  # it was padded

    def readinto(self, buffer: memoryview) -> int:
        """Read the next decoded bytes, fewer than were read from the source."""
        data, size = b"", 1
        while size and not data:
            size = self.source.readinto(buffer)
            text = self.held + bytes(buffer[:size])
            whole = len(text) // 4 * 4 if size else len(text)  # at the end: all that is left
            text, self.held = text[:whole], text[whole:]
            missing = text[-2:].count(b"=")
            try:
                data = binascii.a2b_base64(text)
            except ValueError:
                data = b""
            # Some decoders skip characters that are not base64.
            if len(data) * 4 != whole * 3 - missing * 4 or (self.ended and text):
                raise refused("T9", "%s is not base64" % self.name)
            self.ended = missing > 0
        buffer[: len(data)] = data
        return len(data)
