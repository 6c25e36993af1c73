"""The body of a file, as a stream over a stream: decrypted, and checked for its end mark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.cloud.cipher import BLOCK, blocks
from adapters.cloud.codec import not_encrypted
from domain.errors import CloudError
from domain.settings.values import quoted

if TYPE_CHECKING:
    from ports.crypto import Cipher
    from ports.storage import Source

# The cloud's answer for a file that it does not have: the header without the file.
_NO_FILE = b"import logger\n"

_ASCII = "use ASCII in it, or switch payload_encryption off"


class Decrypted:
    """The text of an encrypted body. Raises CloudError `not_encrypted` and `wrong`."""

    def __init__(self, source: Source, aes: Cipher) -> None:
        self._source = source
        self._aes = aes
        self._started = False
        self._rest = b""  # of a block that is not complete
        self._last = b""  # of the text: only its very end is padded

    def readinto(self, buffer: memoryview) -> int:
        """Decrypt the next bytes into `buffer`: 39 bytes are 12 characters of text."""
        text, size = b"", 1
        while size and not text:
            size = self._source.readinto(buffer)
            data = self._rest + bytes(buffer[:size])
            if data and not (self._started or data[:1].isdigit()):
                raise not_encrypted()
            self._started = True
            whole = len(data) // BLOCK * BLOCK if size else len(data)
            try:
                text = self._last + blocks(self._aes, data[:whole])
            except CloudError as error:
                error.text = "the file cannot be decrypted - " + _ASCII
                raise
            self._rest, self._last = data[whole:], text[-12:] if size else b""
            text = text[:-12] if size else text.rstrip(b"&")
        buffer[: len(text)] = text
        return len(text)


class Marked:
    """A file of an app. Raises CloudError `cut_file` or `not_found` without its version at the
    end."""

    def __init__(self, source: Source, version: str, name: str) -> None:
        self._source = source
        self._mark = ("version='%s'" % version).encode()
        self._version = version
        self._name = name
        self._tail = b""

    def readinto(self, buffer: memoryview) -> int:
        """Pass the bytes on; raise CloudError `not_found` or `cut_file` for a wrong end."""
        size = self._source.readinto(buffer)
        keep = len(self._mark) + len(_NO_FILE)
        self._tail = (self._tail + bytes(buffer[:size]))[-keep:]
        if not size and not self._tail.endswith(self._mark):
            where = quoted(self._name)
            if self._tail == _NO_FILE:
                text = "app %s has no file %s" % (quoted(self._version), where)
                raise CloudError("not_found", text)
            raise CloudError("cut_file", "the file %s came without its end mark" % where)
        return size
