"""A session of the gateway as JSON, to be continued by another run of the machine."""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Any

from adapters.cloud.box import Box

if TYPE_CHECKING:
    from ports.crypto import Crypto


def packed(token: str | None, key: bytes | None, box: Box | None) -> list[Any]:
    """Return token and key; in payload mode 2 that key is the secret, and the box's token and
    number follow."""
    if box is None:
        return [token, key and binascii.hexlify(key).decode()]
    secret, mark = [binascii.hexlify(data).decode() for data in (box.secret, box.token)]
    return [token, secret, mark, box.number]


def unpacked(crypto: Crypto, session: list[Any]) -> tuple[str | None, bytes | None, Box | None]:
    """Return (token, key, box). Raises ValueError, TypeError or IndexError for anything else."""
    token, secret = session[0], session[1]
    key = binascii.unhexlify(secret) if secret else None
    if key is None or len(session) == 2:
        return token, key, None
    box = Box(crypto, key, binascii.unhexlify(session[2]))
    box.number = int(session[3])
    return token, box.key, box
