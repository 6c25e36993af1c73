"""Whom to believe about an OS release. Pure rules: nothing here fetches, stores or asks the time.

`docs/security.md` says why; T1 and so on are its paragraphs. A signed text is lines of words: what
it is, what it says, and behind that one line for each signature over all that stands before them.
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Any

from domain.errors import CloudError
from domain.values import quoted

if TYPE_CHECKING:
    from ports.crypto import Crypto

MAX_TEXT = 16384  # bytes: a hundred files
MAX_SIGNATURES = 8  # each takes the smallest board a second
MAX_STEPS = 32  # key lists to catch up with
MAX_SIZE = 262144  # bytes of a file; as much as the gateway takes

RELEASE = "pythings-release 1"
KEYS = "pythings-keys 1"
SIGN = b"sign "

APP = "# pythings-app 1 %s\n"  # the first line of a signed file of an app
APP_SIGN = b"# sign "

# What the cloud puts before the files of an app.
_HEAD = b"import logger\n"
_WORKER_HEAD = _HEAD + b"try:\n    import sensors\nexcept ImportError:\n    pass\n\n"

_ROLES = ("root", "release", "app")
_ENCODINGS = ("t", "b", "d")  # text, base64, deflated and then base64
# What starts the OS is not part of it, nor is what the slot needs for itself.
_NOT_OURS = ("main", "boot", "loader", "release", "patch")


class Keys:
    """A key list: whose signature counts for what. T3"""

    def __init__(self, data: bytes, crypto: Crypto) -> None:
        self.number = 0
        self.needs = dict.fromkeys(_ROLES, 1)
        self.moduli: dict[str, int] = {}  # by role and id
        self.revoked: list[str] = []
        at = data.find(b"\n" + SIGN)
        if at < 0 or len(data) > MAX_TEXT or data[-1:] != b"\n":
            raise refused("T1", "it is cut, too long or not signed")
        lines = data[:at].split(b"\n")
        _must_be(KEYS, lines[0])
        for line in lines[1:]:
            word, *rest = _words(line)
            if word == "number" and len(rest) == 1:
                self.number = _whole(rest[0])
            elif word == "needs" and len(rest) == 2 and rest[0] in _ROLES:
                self.needs[rest[0]] = max(1, _whole(rest[1]))
            elif word == "key" and len(rest) == 2 and rest[0] in _ROLES:
                modulus = _base64(rest[1])
                if len(modulus) < 256:
                    raise refused("T1", "a key of fewer than 2048 bits")
                name = "%s %s" % (rest[0], key_id(modulus, crypto))
                self.moduli[name] = int.from_bytes(modulus, "big")
            elif word == "revoked" and len(rest) == 1:
                self.revoked.append(rest[0])
            else:
                raise refused("T1", "a key list has the line %s" % quoted(word))

    def check(self, data: bytes, role: str, crypto: Crypto, mark: bytes = SIGN) -> None:
        """Raises unless enough keys of `role` have signed this text. T2

        `mark`: what the lines begin with that are signatures.
        """
        at = data.find(b"\n" + mark) + 1
        self.count(crypto.sha256(data[:at]), data[at:-1].split(b"\n"), role, crypto, mark)

    def count(
        self, digest: bytes, lines: list[bytes], role: str, crypto: Crypto, mark: bytes = SIGN
    ) -> None:
        """The same of a text with this digest; `lines`: its signatures."""
        good: list[str] = []
        why = "it is not signed by a key that this Thing trusts"
        for line in lines[:MAX_SIGNATURES]:
            words = _words(line[len(mark) :])
            if len(words) != 2 or not line.startswith(mark):
                raise refused("T1", "what follows its signatures is none")
            key, signature = words
            name = "%s %s" % (role, key)
            if key in self.revoked:
                why = "it is signed with a key that was revoked"  # T4
            elif name in self.moduli and name not in good:
                if crypto.verify(self.moduli[name], _base64(signature), digest):
                    good.append(name)
                else:
                    why = "its signature is not over this text"
        if len(good) < self.needs[role]:
            if good:
                why = "%d of the %d signatures that it needs" % (len(good), self.needs[role])
            raise refused("T2", why)


def next_keys(keys: Keys, data: bytes, crypto: Crypto) -> Keys:
    """The list that follows `keys`: signed by the roots of both. T3"""
    following = Keys(data, crypto)
    if following.number != keys.number + 1:
        raise refused("T3", "key list %d follows %d" % (following.number, keys.number))
    keys.check(data, "root", crypto)
    following.check(data, "root", crypto)
    return following


class Release:
    """A manifest, line by line, as some boards have no memory for all of it: give each to `line`,
    then call `end`. Nothing in it counts before `check`."""

    def __init__(self, crypto: Crypto) -> None:
        self.said: dict[str, list[str]] = {}
        self.version = ""
        self.keys = 0  # the number of the list it was signed under
        self._kind = RELEASE  # until the first line says so
        self._name = ""  # of the last file
        self._hasher = crypto.hasher()
        self._signatures: list[bytes] = []
        self._left = MAX_TEXT

    def line(self, line: bytes) -> None:
        """The next one, without its end."""
        self._left -= len(line) + 1
        if self._left < 0:
            raise refused("T1", "it is too long")
        if line.startswith(SIGN) or self._signatures:
            if len(self._signatures) < MAX_SIGNATURES:
                self._signatures.append(line)
            return
        self._hasher.update(line + b"\n")
        if self._kind:
            _must_be(self._kind, line)
            self._kind = ""
            return
        word, *rest = _words(line)
        if word == "f" and len(rest) == 4:
            self._file(rest)
        elif word == "p" and len(rest) == 4:
            self._shape(rest)
        elif word in _FIELDS and rest and word not in self.said:
            self.said[word] = rest
        else:
            raise refused("T1", "it has the line %s" % quoted(word))

    def _file(self, words: list[str]) -> None:
        self._shape(words)
        name = words[0]
        if not safe_path(name) or name <= self._name:  # in order: none is there twice
            raise refused("T8", "it has a file named %s" % quoted(name))
        self._name = name

    def _shape(self, words: list[str]) -> None:
        name, size, digest, encoding = words
        if _whole(size) > MAX_SIZE or len(digest) != 44 or encoding not in _ENCODINGS:
            raise refused("T1", "the line of %s is none" % quoted(name))

    def end(self) -> None:
        """That was all: it says all that it has to."""
        if not self._signatures:
            raise refused("T1", "it is cut, or not signed")
        for word in _FIELDS:
            if word not in self.said:
                raise refused("T1", "it does not say %s" % word)
        self.version = self.said["version"][0]
        self.keys = _whole(self.said["keys"][0])

    def check(self, keys: Keys, crypto: Crypto, platform: str, abi: str, now: int | None) -> None:
        """Raises unless it is signed, for this board, and still good at `now` (s UTC)."""
        keys.count(self._hasher.digest(), self._signatures, "release", crypto)
        if platform not in self.said["platforms"]:
            raise refused("T6", "it is not for %s, but %s" % (platform, self.said["platforms"]))
        if abi not in self.said["abi"]:
            raise refused("T6", "it is made for %s, and here is %s" % (self.said["abi"], abi))
        expires = _whole(self.said["expires"][0])
        if now is not None and now > expires:
            raise refused("T7", "it has expired")

    def check_version(self, wanted: str, running: str, floor: int) -> None:
        """Raises unless it is `wanted`, and newer than all that has proved itself here. T5"""
        if self.version != wanted:
            raise refused("T5", "it is version %s" % quoted(self.version))
        if number_of(wanted) < max(floor, number_of(running)):
            raise refused("T5", "it is older than what ran here before")
        if number_of(running) < number_of(self.said["replaces"][0]):
            raise refused("T5", "it wants version %s first" % quoted(self.said["replaces"][0]))


def check_app(data: bytes, name: str, version: str, keys: Keys, crypto: Crypto) -> None:
    """Raises unless this file of an app is signed, and has what the cloud always adds. T10"""
    head = _WORKER_HEAD if "worker" in name else _HEAD
    tail = ("\nversion='%s'" % version).encode()
    begin = head + (APP % name).encode()
    if not (data.startswith(begin) and data.endswith(tail)):
        raise refused("T10", "%s is not signed, or not as it was" % name)
    text = data[len(head) : len(data) - len(tail)]
    if text[-1:] != b"\n":
        text += b"\n"
    if b"\n" + APP_SIGN not in text:
        raise refused("T10", "%s is not signed" % name)
    keys.check(text, "app", crypto, APP_SIGN)


_FIELDS = ("version", "platforms", "abi", "replaces", "expires", "keys")


def refused(paragraph: str, why: str) -> CloudError:
    """The one error of this module: nothing of the release is used."""
    return CloudError("untrusted", "refused (security %s): %s" % (paragraph, why))


def key_id(modulus: bytes, crypto: Crypto) -> str:
    """A short name of a key: of the digest of its modulus, the first 8 bytes."""
    return binascii.hexlify(crypto.sha256(modulus)[:8]).decode()


def number_of(version: str) -> int:
    """Versions as numbers that can be compared: `v2.1.0rc1` is 2001000."""
    number = 0
    for part in (version.strip("v") + ".0.0").split(".")[:3]:
        digits = 0
        for char in part:
            if not char.isdigit():
                break
            digits = digits * 10 + int(char)
        number = number * 1000 + min(digits, 999)
    return number


def safe_path(name: str) -> bool:
    """Whether this names a file below the slot's folder, and nothing that starts the OS. T8"""
    parts = name.split("/")
    for part in parts:
        if not 0 < len(part) <= 48 or part[0] == ".":
            return False
        for char in part:
            letter = "a" <= char <= "z" or "A" <= char <= "Z" or "0" <= char <= "9"
            if not letter and char not in "_-.":
                return False
    return len(parts) <= 4 and parts[0].split(".")[0] not in _NOT_OURS


def digest_text(digest: bytes) -> str:
    """As in a manifest."""
    return binascii.b2a_base64(digest).decode().strip()


def _must_be(kind: str, line: bytes) -> None:
    if line != kind.encode():
        raise refused("T1", "it is %s, not %s" % (quoted(" ".join(_words(line))), kind))


def _words(line: bytes) -> list[str]:
    for byte in line:
        if not 32 <= byte < 127:
            raise refused("T1", "it is not plain text")
    return line.decode().split(" ")


def _whole(text: str) -> int:
    if not text.isdigit() or len(text) > 12:
        raise refused("T1", "%s is no number" % quoted(text))
    return int(text)


def _base64(text: str) -> Any:
    try:
        return binascii.a2b_base64(text)
    except ValueError:
        raise refused("T1", "%s is not base64" % quoted(text)) from None
