"""The choice of short names: a slightly changed program gets nearly the same ones again.

A Thing that installs an update downloads only the changed files; so a new name must not change the
others. Each name has its own order of preference among the short ones, derived from the name
itself, and gets the first that is not taken by a name with which it could be confused. The most
used names choose first: so new ones, hardly used yet, give way.
"""

from __future__ import annotations

import hashlib
import keyword
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

LOWER = "abcdefghijklmnopqrstuvwxyz"
UPPER = LOWER.upper()

# The number of short names that are equally preferred, before all others. With fewer, the files are
# smaller by some 0.5 %; but more names prefer the same, and where one goes, one after the other
# takes its place.
_ALIKE = 48


class Shortener:
    """A source of short names outside of `taken`; `count`: the uses of each part of a name."""

    def __init__(self, taken: Collection[str], count: dict[str, int]) -> None:
        self._taken = set(taken)
        self._excluded: set[str] = set()
        self._count = count
        self._used: dict[str, set[str]] = {}  # by group

    def reserve(self, group: str, names: Iterable[str]) -> None:
        """Reserve names in a group, so that `shorten` gives them to none of its members."""
        self._used.setdefault(group, set()).update(names)

    def exclude(self, names: Iterable[str]) -> None:
        """Keep names out of all later choices."""
        self._taken.update(names)
        self._excluded.update(names)

    def shorten(
        self, names: dict[str, set[str]], first: str, best: Iterable[list[str]] = ()
    ) -> dict[str, str]:
        """Choose short names that begin with a letter of `first`, for names with their groups.

        Two names in one group are different. `best`: names to be preferred, by tier, also of those
        in `taken`.
        """
        shortest = ever_longer(first, self._taken)
        tiers = [[name for name in tier if name not in self._excluded] for tier in best]
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
        """Return the sort key by use, in powers of two: exact counts would change it too often."""
        return -self._count.get(name.rsplit(".", 1)[-1], 0).bit_length(), name


def ever_longer(first: str, taken: Collection[str]) -> Iterator[str]:
    """Yield ever longer names that are not taken, beginning with one of the letters in `first`."""
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
    """Yield the short names in a name's order of preference; `tiers` grows as needed."""
    at = 0
    while True:
        if at == len(tiers):
            tiers.append(list(islice(shortest, _ALIKE)))
        yield from sorted(tiers[at], key=lambda one: _order(name, one))
        at += 1


def _order(name: str, short: str) -> bytes:
    """Return a sort key that is as good as random, and always the same."""
    return hashlib.sha256((name + " " + short).encode()).digest()
