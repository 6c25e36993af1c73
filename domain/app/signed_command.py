"""A command that the cloud only carries: the Thing's owner has signed it. docs/security.md, 11.

Python source, so that any Pythings Cloud carries it: a comment line with a number that only grows,
the expiry and the Thing's id; the source; and the signatures, which are comments again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain import record
from domain.security.keyring import trusted
from domain.security.signed import refused, signed, whole, words

if TYPE_CHECKING:
    from domain.security.trust import Keys
    from domain.thing import Thing

KIND = "# pythings-command 1"
SIGN = b"# sign "
NAME = "commanded"  # the record that has the number of the last command


def role(keys: Keys) -> str:
    """Return the role that must sign: `app`, or `release` if the list has no key for apps."""
    return "app" if "app" in [name.split(" ")[0] for name in keys.moduli] else "release"


def verified(thing: Thing, text: str) -> str:
    """Return the source to execute, once for each command; raise ThingError if it is not valid."""
    # A form in a browser changes line ends, and the white space around a text.
    data = text.replace("\r\n", "\n").strip().encode() + b"\n"
    if not data.startswith(KIND.encode()):
        raise refused("11", "it is not signed - `pythings command sign` does it")
    keys, found, now = trusted(thing), signed(data, thing.crypto, SIGN), thing.clock.epoch()
    keys.check(found, role(keys), thing.crypto)
    keys.check_date(now)
    head, source = data[: found.size].split(b"\n", 1)
    said = words(head)
    if len(said) != 6 or " ".join(said[:3]) != KIND or said[5] != thing.parameters.tid:
        raise refused("11", "it is for another Thing")
    number, expires = whole(said[3]), whole(said[4])
    if now is None or now > expires:
        raise refused("11", "it has expired")
    last = record.load(thing.storage, NAME)[0]
    if number <= last:
        raise refused("11", "its number is %d, and %d was here - sign it again" % (number, last))
    record.save(thing.storage, NAME, number, 0)  # first: after a power cut it must not run twice
    return source[:-1].decode()
