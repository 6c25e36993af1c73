"""The manifest of an OS release: its value, and the rules for it.

Pure: nothing here fetches, stores or reads the clock. T5 and so on are paragraphs of
docs/security.md, which gives the reasons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, Iterator

from domain.plain import plain
from domain.security.signed import base64, refused, whole, words
from domain.settings.values import quoted

if TYPE_CHECKING:
    from domain.health.journal import Journal
    from ports.crypto import Crypto

    # Kind (`f`, or `p` for a patch), line number, name, size, digest, encoding.
    File = tuple[str, int, str, int, str, str]

MAX_SIZE = 262144  # bytes of a file; as much as the gateway takes
RELEASE = "pythings-release"

_ENCODINGS = ("t", "b", "d")  # text, base64, deflated and then base64
_MOST = 9  # words in a line
# The lines that it begins with: each first word, and how many may follow. A second word behind
# `version` is the release's number, which an older OS ignores.
_HEAD = (
    (RELEASE, 1),
    ("version", 2),
    ("platforms", _MOST),
    ("abi", _MOST),
    ("replaces", 1),
    ("expires", 1),
    ("keys", 1),
)
# Names that no file of a release may have: the code that starts the OS, and the slot's own files.
_NOT_OURS = ("main", "boot", "loader", "release", "patch", "sealed")


class Release:
    """The value of a verified manifest (`size`, `digest`). Nothing that it says counts until all of
    `files` have been yielded: only then is it certain that the bytes were the verified ones.

    Some boards have no memory for all files of a release, so they are yielded one by one. `only`:
    the line to parse, 0 for all.
    """

    def __init__(self, size: int, digest: bytes, crypto: Crypto, only: int = 0) -> None:
        self.said: list[list[str]] = []
        self._only = only
        self._digest = digest
        self._left = size
        self._hasher = crypto.hasher()
        self._number = 0
        self._last = ""  # place of the last file
        self.version = ""
        self.number = 0  # it only grows; 0 for a release older than such numbers
        self.keys = 0  # the number of the key list that it was signed under

    def files(self, lines: Iterable[bytes]) -> Iterator[File]:
        """Yield the files of all lines; ignore everything behind the signed text."""
        for line in lines:
            if self._left <= 0:
                continue
            self._left -= len(line) + 1
            self._hasher.update(line + b"\n")
            self._number += 1
            if self._only in (0, self._number):
                found = words(line)
                if self._only or len(self.said) == len(_HEAD):
                    yield self._file(found)
                else:
                    self._head(found)
        self._end()

    def _head(self, found: list[str]) -> None:
        word, most = _HEAD[len(self.said)]
        if found[0] != word or not 1 < len(found) <= most + 1 or "" in found:
            raise refused("T1", "it has the line %s" % quoted(found[0]))
        self.said.append(found[1:])

    def _file(self, found: list[str]) -> File:
        if len(found) != 5 or found[0] not in ("p", "f"):
            raise refused("T1", "it has the line %s" % quoted(found[0]))
        kind, name, size, digest, encoding = found
        good = whole(size) <= MAX_SIZE and encoding in _ENCODINGS
        if not good or len(base64(digest.encode())) != 32:
            raise refused("T1", "the line of %s is none" % quoted(name))
        place = ("1" if kind == "f" else "0") + name
        # In order, and patches before files, so that none is listed twice.
        late = not self._only and place <= self._last
        if late or not (safe_path(name) if kind == "f" else plain(name)):
            raise refused("T8", "it has a file named %s" % quoted(name))
        self._last = place
        return kind, self._number, name, int(size), digest, encoding

    def _end(self) -> None:
        if self._left or self._hasher.digest() != self._digest:
            raise refused("T1", "it has changed since it was verified")
        if self._only:
            return
        if len(self.said) < len(_HEAD) or self.said[0] != ["1"]:
            raise refused("T1", "it is no release")
        self.version = self.said[1][0]
        if len(self.said[1]) > 1:
            self.number = whole(self.said[1][1])
        self.keys = whole(self.said[6][0])

    def check(self, platform: str, abi: str, now: int | None) -> None:
        """Raise CloudError unless it is for this board, and not expired at `now` (s UTC)."""
        if platform not in self.said[2]:
            raise refused("T6", "it is not for %s, but %s" % (platform, self.said[2]))
        if abi not in self.said[3]:
            raise refused("T6", "it is made for %s, and here is %s" % (self.said[3], abi))
        if now is not None and now > whole(self.said[5][0]):
            raise refused("T7", "it has expired")

    def check_version(self, wanted: str, running: str, journal: Journal) -> None:
        """Raise CloudError unless it is `wanted`, not older than any that has proved itself here,
        and may replace the running one. T5"""
        if self.version != wanted or not plain(wanted):
            raise refused("T5", "it is version %s" % quoted(self.version))
        if number_of(wanted) < max(journal.floor, number_of(running)):
            raise refused("T5", "it is older than what ran here before")
        if self.number < journal.number_os:
            text = "its number is %d, and %d ran here before"
            raise refused("T5", text % (self.number, journal.number_os))
        if number_of(running) < number_of(self.said[4][0]):
            raise refused("T5", "it wants version %s first" % quoted(self.said[4][0]))


def number_of(version: str) -> int:
    """Return a version as a number that can be compared: `v2.1.0rc1` is 2001000."""
    number = 0
    for part in (version.strip("v") + ".0.0").split(".")[:3]:
        digits = 0
        for char in part:
            if not "0" <= char <= "9":
                break
            digits = digits * 10 + int(char)
        number = number * 1000 + min(digits, 999)
    return number


def safe_path(name: str) -> bool:
    """Return whether this names a file below the slot's folder, and nothing that starts the OS.
    T8"""
    parts = name.split("/")
    for part in parts:
        if not plain(part, 48) or part[0] == ".":
            return False
    return len(parts) <= 4 and parts[0].split(".")[0] not in _NOT_OURS
