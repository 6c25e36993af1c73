"""Which short name a name gets: in a program changed a little, nearly always the same one again.

Who fetches an update fetches the files that have changed; so a new name must not give others to all
that there are. Each name has an order of its own, made of itself, in which it likes the short ones,
and gets the first that none of those has which it could be confused with. What is used most comes
first: so what is new, and hardly used yet, gives way.
"""

from __future__ import annotations

import hashlib
import keyword
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

LOWER = "abcdefghijklmnopqrstuvwxyz"
UPPER = LOWER.upper()

# How many short names are liked alike, and before all others. With fewer, the files are smaller by
# some 0.5 %; but more names like the same, and where one goes, one after the other takes its place.
_ALIKE = 48


class Shortener:
    """Gives names, but none of `taken`. `count` says how often each part of a name is used."""

    def __init__(self, taken: Collection[str], count: dict[str, int]) -> None:
        self._taken = set(taken)
        self._count = count
        self._used: dict[str, set[str]] = {}  # by group

    def reserve(self, group: str, names: Iterable[str]) -> None:
        """Nothing in that group may have these."""
        self._used.setdefault(group, set()).update(names)

    def exclude(self, names: Iterable[str]) -> None:
        """Nothing that comes later may have these."""
        self._taken.update(names)

    def shorten(self, names: dict[str, set[str]], first: str) -> dict[str, str]:
        """Short names that begin with a letter of `first`, for names with the groups they are in.

        Two in one group are different.
        """
        shortest = ever_longer(first, self._taken)
        tiers: list[list[str]] = []
        short = {}
        for name in sorted(names, key=self._rank):
            used = [self._used.setdefault(group, set()) for group in names[name]]
            for one in _liked(name, tiers, shortest):
                if not any(one in here for here in used):
                    break
            short[name] = one
            for here in used:
                here.add(one)
        return short

    def _rank(self, name: str) -> tuple[int, str]:
        """Not by the very number: then, any change would be one of the order."""
        return -self._count.get(name.rsplit(".", 1)[-1], 0).bit_length(), name


def ever_longer(first: str, taken: Collection[str]) -> Iterator[str]:
    """Ever longer names that are not taken, beginning with one of the letters in `first`."""
    rest = LOWER + UPPER + "0123456789"
    tails = [""]
    while True:
        for head in first:
            for tail in tails:
                name = head + tail
                if name not in taken and not keyword.iskeyword(name):
                    yield name
        tails = [tail + letter for tail in tails for letter in rest]


def _liked(name: str, tiers: list[list[str]], shortest: Iterator[str]) -> Iterator[str]:
    """The short names in the order in which that name likes them; `tiers` grows as needed."""
    at = 0
    while True:
        if at == len(tiers):
            tiers.append(list(islice(shortest, _ALIKE)))
        yield from sorted(tiers[at], key=lambda one: _order(name, one))
        at += 1


def _order(name: str, short: str) -> bytes:
    """As good as chance, and always the same."""
    return hashlib.sha256((name + " " + short).encode()).digest()
