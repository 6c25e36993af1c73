"""The secret by which a Thing proves that it is the one registered before; it never leaves it.

A key is derived from the secret and a cloud's salt, and is of use at that cloud only. The key is
sent once; from then on only a proof that we have it. docs/security.md, I1 to I5.
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING

from domain import record
from domain.errors import DeviceError
from domain.levels import WARNING

if TYPE_CHECKING:
    from domain.thing import Thing

NAME = "secret"  # the record: the secret in hexadecimal, and the salts that were used
SIZE = 32  # bytes
_KEY = 16  # bytes
_MOST = 9  # entries of the record: a cloud has one salt for a Thing, few Things see more than two


def introduce(thing: Thing, salt: str) -> bool:
    """Make the next management call prove our identity; return whether it shows the key itself.

    While an OS is on trial the key is sent to no cloud: the previous OS may not support it.
    """
    try:
        number, value = record.load(thing.storage, NAME)
        if not number:
            value = [binascii.hexlify(thing.crypto.random(SIZE)).decode()]
            _save(thing, 0, value)
    except DeviceError as error:
        thing.tell(WARNING, "no_identity", code=error.code, text=error.text)
        return False
    known = salt in value[1:]
    if not known and thing.journal.os.trial:
        return False
    key = thing.crypto.hmac_sha256(binascii.unhexlify(value[0]), salt.encode())
    thing.cloud.identify(key[:_KEY], known)
    return not known


def remember(thing: Thing, salt: str) -> None:
    """Record that the cloud has the key for this salt: it is sent again only if this is not
    stored."""
    try:
        number, value = record.load(thing.storage, NAME)
        # No salt is dropped: an attacker gains nothing by inventing some.
        if number and len(value) < _MOST:
            _save(thing, number, value + [salt])
    except DeviceError:
        pass


def _save(thing: Thing, number: int, value: list[str]) -> None:
    """Write both copies: there is no other time to write the second."""
    for later in (1, 2):
        record.save(thing.storage, NAME, number + later, value)
