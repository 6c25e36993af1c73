"""An app of which only the files that its owner has signed are used. T10 in docs/security.md.

One manifest for each version, `app_manifest.py`: lines of comments, so that any Pythings Cloud
stores and serves it as one more file of the app. It has the app's id, a number that only grows, the
number of the key list, and each file. The cloud's own statements about an app - its version, its
list of files - are labels.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from domain.errors import CloudError
from domain.plain import plain
from domain.security.keyring import trusted
from domain.security.signed import base64, digest_text, refused, signed, whole, words
from domain.states.update import MAX_FILES, plain_name
from domain.streams import gather, pour

if TYPE_CHECKING:
    from domain.thing import Thing
    from ports.storage import Source

NAME = "app_manifest.py"
KIND = "pythings-app 1 " + NAME
COMMENT = b"# "
SIGN = COMMENT + b"sign "
MAX_TEXT = 4096  # bytes: it is held in memory
MAX_SIZE = 262144  # bytes of a file

_HEAD = ("app", "number", "keys")

# The text that the cloud puts before a file, and the one that follows it in a worker's file.
_LOGGER = b"import logger\n"
_SENSORS = b"try:\n    import sensors\nexcept ImportError:\n    pass\n\n"


def around(name: str, version: str) -> tuple[bytes, bytes]:
    """Return the exact bytes that the cloud puts before a file and behind it."""
    if not plain(version):
        raise refused("T10", "its version is none")
    head = _LOGGER + _SENSORS if "worker" in name else _LOGGER
    return head, b"\nversion='%s'" % version.encode()


class SignedApp:
    """The value of a manifest. `text`: its signed part, which has been verified."""

    def __init__(self, text: bytes) -> None:
        said: list[str] = []
        self.files: list[tuple[str, int, str]] = []  # name, size, digest; in order
        kind, *lines = text[:-1].split(b"\n")
        last = ""
        for line in lines:
            found = words(line)
            if len(said) < len(_HEAD):
                good = len(found) == 3 and found[:2] == ["#", _HEAD[len(said)]]
                said.append(found[-1])
            else:
                good = len(found) == 5 and found[:2] == ["#", "f"] and found[2] > last
                good = good and plain_name(found[2]) and found[2] != NAME
                good = good and whole(found[3]) <= MAX_SIZE and len(base64(found[4].encode())) == 32
            if not good:
                raise refused("T10", "%s has a line that is none" % NAME)
            if len(found) == 5:
                last = found[2]
                self.files.append((last, int(found[3]), found[4]))
        if kind != COMMENT + KIND.encode() or not 0 < len(self.files) <= MAX_FILES:
            raise refused("T10", "%s is no manifest, or of too many files" % NAME)
        self.aid = said[0]
        self.number = whole(said[1])
        self.keys = whole(said[2])


class Wrapped:
    """A file of an app as the cloud serves it: the signed bytes, and around them the cloud's
    additions. The line end that the file ends with is not signed: a cloud may drop it."""

    def __init__(self, name: str, size: int, digest: str, version: str, source: Source) -> None:
        self.name = name
        self.digest = digest
        self.head, self.tail = around(name, version)
        self.begin = len(self.head)
        self.end_at = self.begin + size
        self.at = 0
        self.added = b""
        self.hasher = hashlib.sha256()  # not through a port: it is called deep in the stack
        self.source = source

    def readinto(self, buffer: memoryview) -> int:
        """Read the next bytes from the cloud; raise if the file proves not to be as signed."""
        size = self.source.readinto(buffer)
        begin = max(0, min(size, self.begin - self.at))
        end = max(begin, min(size, self.end_at - self.at))
        self.at += size
        self.added += bytes(buffer[:begin]) + bytes(buffer[end:size])
        self.hasher.update(buffer[begin:end])
        if not size or len(self.added) > self.begin + len(self.tail) + 1:
            self._end()
        return size

    def _end(self) -> None:
        either = (self.head + self.tail, self.head + b"\n" + self.tail)
        if self.added not in either or digest_text(self.hasher.digest()) != self.digest:
            raise refused("T10", "%s is not as it was signed" % self.name)


def verify(thing: Thing, data: bytes, version: str) -> SignedApp:
    """Verify a manifest as the cloud serves it; raise if this Thing may not run the app."""
    head, tail = around(NAME, version)
    text = data[len(head) : len(data) - len(tail)]
    if text[-1:] != b"\n":
        text += b"\n"
    if data not in (head + text + tail, head + text[:-1] + tail):
        raise refused("T10", "what is around %s is not what a cloud adds" % NAME)
    keys, found = trusted(thing), signed(text, thing.crypto, SIGN)
    keys.check(found, "app", thing.crypto)
    keys.check_date(thing.clock.epoch())
    app = SignedApp(text[: found.size])
    if app.aid != thing.parameters.aid:
        raise refused("T10", "it is of the app %s" % app.aid)
    if app.number < thing.journal.number_app:
        before = "its number is %d, and %d ran here before - sign it again"
        raise refused("T10", before % (app.number, thing.journal.number_app))
    if app.keys > keys.number:
        raise refused("T3", "key list %d is not here yet - an OS release brings it" % app.keys)
    return app


def fetch(thing: Thing, version: str, folder: str) -> None:
    """Fetch the files of an app into this folder, each as it was signed, and no others."""
    try:
        source = thing.cloud.app_file(version, NAME)
        data = gather(source, MAX_TEXT)
    except CloudError as error:
        if error.code != "not_found":
            raise
        raise refused("T10", "it is not signed - `pythings app sign` does it") from None
    if len(data) > MAX_TEXT:
        raise refused("T10", "%s is too long" % NAME)
    app = verify(thing, data, version)
    for name, size, digest in app.files:
        with thing.storage.receive("%s/%s" % (folder, name)) as file:
            source = thing.cloud.app_file(version, name)
            pour(Wrapped(name, size, digest, version, source), file.write)
    thing.journal.next_app = app.number
