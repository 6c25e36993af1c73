"""What comes in pieces: files that are to be what was signed, base64."""

from __future__ import annotations

import binascii
import hashlib
from typing import Any, Callable

from domain.signed import digest_text, refused


class Checked:
    """Passes on no more than is stated, and says in the end whether it was that. T9"""

    def __init__(self, name: str, size: int, digest: str, write: Any) -> None:
        self.name = name
        self.left = size
        self.digest = digest
        self.hasher = hashlib.sha256()  # not by a port: it is called deep on the stack
        self.write = write

    def feed(self, data: bytes) -> None:
        """The next piece."""
        self.left -= len(data)
        if self.left < 0:
            raise refused("T9", "%s is larger than stated" % self.name)
        self.hasher.update(data)
        if self.write:
            self.write(data)

    def end(self) -> None:
        """That was all."""
        if self.left or digest_text(self.hasher.digest()) != self.digest:
            raise refused("T9", "%s is not what was signed" % self.name)


class Decoder:
    """base64, cut anywhere, of `size` bytes at most."""

    def __init__(self, name: str, size: int, write: Callable[[bytes], None]) -> None:
        self.name = name
        self.left = size
        self.write = write
        self.held = b""

    def feed(self, data: bytes) -> None:
        """The next piece."""
        text = self.held + data
        whole = len(text) // 4 * 4
        text, self.held = text[:whole], text[whole:]
        missing = text[-2:].count(b"=")
        try:
            data = binascii.a2b_base64(text)
        except ValueError:
            data = b""
        if len(data) != whole // 4 * 3 - missing:  # some pass over what is not base64
            raise refused("T9", "%s is not base64" % self.name)
        self.left -= len(data)
        if self.left < 0:
            raise refused("T9", "%s is larger than stated" % self.name)
        if missing:
            self.left = 0  # it ends here
        if data:
            self.write(data)

    def end(self) -> None:
        """That was all."""
        if self.held:
            raise refused("T9", "%s is not whole base64" % self.name)
