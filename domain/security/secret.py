"""How a Thing shows that it is the one that was here before: by a secret that never leaves it.

Of the secret and a cloud's salt comes a key, which is of use at that cloud only. The key is sent
once; from then on only what proves that we have it. docs/security.md, I1 to I5.
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
_MOST = 9  # in the record: a cloud has one salt for a Thing, and few Things see more than two


def introduce(thing: Thing, salt: str) -> bool:
    """Have the next management call show who we are; gives whether the key itself is in it.

    While an OS is on trial no cloud learns the key: the one before may know nothing of it.
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
    """The cloud has the key for this salt: it is never sent again, but where this is not noted."""
    try:
        number, value = record.load(thing.storage, NAME)
        if number and len(value) < _MOST:  # no salt is forgotten: who invents some gains nothing
            _save(thing, number, value + [salt])
    except DeviceError:
        pass


def _save(thing: Thing, number: int, value: list[str]) -> None:
    """Both copies: there is no other time to write the second."""
    for later in (1, 2):
        record.save(thing.storage, NAME, number + later, value)
