"""The body of a file on its way to the storage: decrypted, and its end kept in sight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from adapters.cloud.cipher import Decrypter
from adapters.cloud.codec import not_encrypted
from domain.errors import CloudError

if TYPE_CHECKING:
    from ports.crypto import Cipher


class Sink:
    """Takes a body in pieces cut anywhere; nothing is known of it before `end`.

    `tail` is the end of the text, `keep` bytes or, if it is shorter, all of it. Raises CloudError
    `not_encrypted` and `wrong`, and what `write` raises.
    """

    def __init__(self, write: Callable[[bytes], None], keep: int, aes: Cipher | None) -> None:
        self._write = write
        self._keep = keep
        self._decrypter: Decrypter | None = None
        if aes is not None:  # or its code is loaded for nothing
            self._decrypter = Decrypter(aes)
        self._started = False
        self._ended = False
        self.tail = b""

    def feed(self, data: bytes) -> None:
        """Take some of the body."""
        if self._decrypter is not None:
            data = self._readable(self._decrypter, data)
        if data:
            self._write(data)
            self.tail = (self.tail + data[-self._keep :])[-self._keep :]

    def end(self) -> None:
        """The body is complete."""
        self._ended = True
        if self._decrypter is not None:
            self.feed(b"")

    def _readable(self, decrypter: Decrypter, data: bytes) -> bytes:
        if not self._started and data:
            self._started = True
            if not data[:1].isdigit():
                raise not_encrypted()
        try:
            return decrypter.end() if self._ended else decrypter.feed(data)
        except CloudError:
            raise CloudError(
                "wrong",
                "the file cannot be decrypted - use ASCII in it, or switch payload_encryption off",
            ) from None
