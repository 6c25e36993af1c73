"""Key lists: the rules for trust. Pure: nothing here fetches, stores or reads the clock.

T1 and so on are paragraphs of docs/security.md, which gives the reasons.
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING

from domain.security.signed import MAX_TEXT, Signed, base64, refused, signed, whole, words
from domain.settings.values import quoted

if TYPE_CHECKING:
    from ports.crypto import Crypto

MAX_STEPS = 32  # key lists to catch up with
KEYS = "pythings-keys 1"
EXPIRES = "@"  # in the place of a key's name: all are revoked, from that second on
ROLES = ("root", "release", "app")
_SMALLEST = 256  # bytes of a modulus
_LARGEST = 512


class Keys:
    """The value of a key list: the keys that are trusted, and in which role. T3

    `text`: its signed part. The caller has verified the signatures, except those of the list that a
    Thing was given to begin with.
    """

    def __init__(self, text: bytes, crypto: Crypto) -> None:
        self.number = 0
        self.expires = 0  # s UTC; 0 for never
        self.needs = dict.fromkeys(ROLES, 1)
        self.moduli: dict[str, int] = {}  # by role and id
        self.revoked: list[str] = []
        kind, *lines = text[:-1].split(b"\n")
        if len(text) > MAX_TEXT or kind != KEYS.encode():
            raise refused("T1", "it is no key list, or too long")
        seen: list[str] = []
        for line in lines:
            said = self._line(words(line), crypto)
            if not said or said in seen:
                raise refused("T1", "a key list has the line %s, or twice" % quoted(line))
            seen.append(said)

    def _line(self, said: list[str], crypto: Crypto) -> str:
        """Parse a line; return its subject, which may occur only once, or "" if the line is
        invalid."""
        word, value = said[0], said[-1]
        role = said[1] in ROLES if len(said) == 3 else False
        if word == "number" and len(said) == 2:
            self.number = whole(value)
        elif word == "needs" and role:
            self.needs[said[1]] = max(1, whole(value))
            word += " " + said[1]
        elif word == "key" and role:
            modulus = base64(value.encode())
            # At least 2048 bits, without a leading zero byte.
            least = 0 if len(modulus) > _SMALLEST else 127
            if not _SMALLEST <= len(modulus) <= _LARGEST or modulus[0] <= least:
                return ""
            word = "%s %s" % (said[1], key_id(modulus, crypto))
            self.moduli[word] = int.from_bytes(modulus, "big")
        elif word == "revoked" and len(said) == 2:
            if value[:1] == EXPIRES:
                self.expires = whole(value[1:])
                return EXPIRES
            self.revoked.append(value)
            word = value
        else:
            return ""
        return word

    def check(self, text: Signed, role: str, crypto: Crypto) -> None:
        """Raise CloudError unless enough keys of `role` have signed this text. T2"""
        good = 0
        why = "it is not signed by a key that this Thing trusts"
        for key, signature in text.signatures:
            name = "%s %s" % (role, key)
            if key in self.revoked:
                why = "it is signed with a key that was revoked"  # T4
            elif name in self.moduli:
                if not crypto.verify(self.moduli[name], signature, text.digest):
                    raise refused("T2", "its signature is not over this text")
                good += 1
        if good < self.needs[role]:
            if good:
                why = "%d of the %d signatures that it needs" % (good, self.needs[role])
            raise refused("T2", why)

    def check_date(self, now: int | None) -> None:
        """Raise CloudError if the list has expired for releases and apps at `now` (s UTC). T7

        It never expires for the next list: that is how a Thing that was off for long catches up.
        """
        if now is not None and 0 < self.expires < now:
            raise refused("T7", "key list %d has expired" % self.number)


def first_keys(data: bytes, crypto: Crypto) -> Keys:
    """Return the list that a Thing was given: only its own roots vouch for it, and only against
    flipped bits."""
    text = signed(data, crypto)
    keys = Keys(data[: text.size], crypto)
    keys.check(text, "root", crypto)
    return keys


def next_keys(keys: Keys, data: bytes, crypto: Crypto) -> Keys:
    """Return the list that follows `keys`, signed by the roots of both. T3"""
    text = signed(data, crypto)
    keys.check(text, "root", crypto)
    following = Keys(data[: text.size], crypto)
    if following.number != keys.number + 1:
        raise refused("T3", "key list %d follows %d" % (following.number, keys.number))
    following.check(text, "root", crypto)
    return following


def key_id(modulus: bytes, crypto: Crypto) -> str:
    """Return a short name of a key: the first 8 bytes of its modulus's digest, in hex."""
    return binascii.hexlify(crypto.sha256(modulus)[:8]).decode()
