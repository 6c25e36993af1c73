"""Answers that are longer than the memory for them: the message in one is left out.

The cloud never sends a message again, so its sender gets a reply that says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator

from adapters.cloud.cipher import BLOCK, blocks
from adapters.cloud.codec import answer, is_page, wrong_shape
from domain.streams import PIECE

if TYPE_CHECKING:
    from ports.crypto import Cipher
    from ports.storage import Source

_REPLY = "error: the message is too long - send it in parts of %d bytes"
_PART = 8  # of the room: with the settings, and encrypted, such a part still fits
_KEY = b'"msg":'
_QUOTE = 34
_COMMA = 44
_COLON = 58
_BACKSLASH = 92


def overlong(begin: bytes, rest: Source, aes: Cipher | None, most: int) -> Any:
    """Return the JSON value of a good answer that begins so. A message in it becomes the reply to
    its sender, with the type LONG. Raises CloudError `wrong` if the others are more than `most`
    bytes, and as `answer`."""
    text = begin
    if not is_page(begin):
        text = _without_message(_pieces(begin, rest, aes), most)
    value = answer(200, "", text, None)
    if isinstance(value, dict) and "msg" in value:
        value["msg"], value["type"] = _REPLY % (most // _PART), "LONG"
    return value


def _pieces(data: bytes, rest: Source, aes: Cipher | None) -> Iterator[bytes]:
    """Yield the text of the answer."""
    buffer = memoryview(bytearray(PIECE))
    size = 1
    while size:
        if aes is None:
            yield data
            data = b""
        else:
            whole = len(data) // BLOCK * BLOCK
            yield blocks(aes, data[:whole])
            data = data[whole:]
        size = rest.readinto(buffer)
        data += bytes(buffer[:size])


def _without_message(pieces: Iterator[bytes], most: int) -> bytes:
    """Return JSON text with `null` for the value of `msg`."""
    kept, depth = bytearray(), 0
    quoted = escaped = skipped = False
    for piece in pieces:
        for byte in piece:
            if escaped or byte == _BACKSLASH:
                escaped = not escaped
            elif byte == _QUOTE:
                quoted = not quoted
            elif not quoted:
                depth += (byte in b"[{") - (byte in b"]}")
                skipped = skipped and depth > (byte == _COMMA)
            if not skipped:
                kept.append(byte)
                if byte == _COLON and depth == 1 and not quoted and kept[-6:] == _KEY:
                    skipped = True
                    kept.extend(b"null")
        if len(kept) > most:
            raise wrong_shape()
    return bytes(kept).rstrip(b"&")  # the padding of an encrypted one
