"""Signed texts: lines, and behind them one line for each signature over those lines.

Three steps, and no way around them: `Signed` finds where the signed part ends and which keys claim
to have signed it, and looks at nothing else; `Keys.check` (domain/security/trust.py) verifies the
signatures over the digest; only then a parser turns those very bytes into a value, and sees none
behind them. T1 and so on are paragraphs of docs/security.md.
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING

from domain.errors import CloudError
from domain.settings.values import quoted

if TYPE_CHECKING:
    from ports.crypto import Crypto

MAX_TEXT = 16384  # bytes: a hundred files
MAX_SIGNATURES = 8  # each takes the smallest board a second
SIGN = b"sign "
_ID = 16  # hex digits of a key's name
_NO_SIGNATURE = "behind its signatures is something else, one twice, or one too many"


class Signed:
    """The reader of a signed text: pass it each line, then call `end`. `size` and `digest` are
    those of the signed part; `signatures` has (id of the key, signature) for each. `mark`: the
    beginning of a signature's line."""

    def __init__(self, crypto: Crypto, mark: bytes = SIGN) -> None:
        self.size = 0
        self.digest = b""
        self.signatures: list[tuple[str, bytes]] = []
        self._mark = mark
        self._hasher = crypto.hasher()
        self._left = MAX_TEXT

    def line(self, line: bytes) -> None:
        """Read the next line, without its end."""
        self._left -= len(line) + 1
        if self._left < 0:
            raise refused("T1", "it is too long")
        if line.startswith(self._mark):
            self._signature(line[len(self._mark) :].split(b" "))
        elif self.signatures:
            raise refused("T1", _NO_SIGNATURE)
        else:
            self._hasher.update(line + b"\n")
            self.size += len(line) + 1

    def _signature(self, words: list[bytes]) -> None:
        if len(words) != 2 or len(words[0]) != _ID or len(self.signatures) == MAX_SIGNATURES:
            raise refused("T1", _NO_SIGNATURE)
        key = plain_text(words[0])
        if key in [known for known, _ in self.signatures]:
            raise refused("T1", _NO_SIGNATURE)
        self.signatures.append((key, base64(words[1])))

    def end(self) -> None:
        """Finish the digest after the last line; refuse a text without a signature."""
        if not self.signatures:
            raise refused("T1", "it is cut, or not signed")
        self.digest = self._hasher.digest()


def signed(data: bytes, crypto: Crypto, mark: bytes = SIGN) -> Signed:
    """Read a whole text; `data[:signed.size]` is its signed part."""
    lines = data.split(b"\n")
    if lines.pop():
        raise refused("T1", "it is cut")
    found = Signed(crypto, mark)
    for line in lines:
        found.line(line)
    found.end()
    return found


def refused(paragraph: str, why: str) -> CloudError:
    """Return the one error for untrusted data, none of which is used."""
    return CloudError("untrusted", "refused (security %s): %s" % (paragraph, why))


def digest_text(digest: bytes) -> str:
    """Return a digest in base64, as in a manifest."""
    return binascii.b2a_base64(digest).decode().strip()


def plain_text(data: bytes) -> str:
    """Decode printable ASCII; refuse all other bytes."""
    for byte in data:
        if not 32 <= byte < 127:
            raise refused("T1", "it is not plain text")
    return data.decode()


def words(line: bytes) -> list[str]:
    """Split a line at single blanks."""
    return plain_text(line).split(" ")


def whole(text: str) -> int:
    """Parse a number of at most 12 digits; refuse all but one way to write it."""
    if not text.isdigit() or len(text) > 12 or str(int(text)) != text:
        raise refused("T1", "%s is no number" % quoted(text))
    return int(text)


def base64(data: bytes) -> bytes:
    """Decode base64; refuse all but one way to write the bytes (RFC 4648 3.5)."""
    try:
        found = binascii.a2b_base64(data)
    except ValueError:
        found = b""
    if not found or binascii.b2a_base64(found) != data + b"\n":
        raise refused("T1", "%s is not base64" % quoted(data))
    return found
