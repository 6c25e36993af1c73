"""The signed texts that the domain reads: manifests and key lists (docs/security.md)."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from build.release.signing import Signer
from domain.os_update.manifest import RELEASE
from domain.security import trust
from domain.security.signed import digest_text

PATCH = "patch."  # a patch's name: this, and the version that it applies to


@dataclass
class KeyList:
    """The trusted keys in base64 by role, and the number of signatures needed by each role.

    `expires`: s UTC, 0 for never.
    """

    number: int = 1
    needs: dict[str, int] = field(default_factory=lambda: dict.fromkeys(trust.ROLES, 1))
    keys: dict[str, list[str]] = field(default_factory=dict)
    revoked: list[str] = field(default_factory=list)
    expires: int = 0

    def text(self) -> bytes:
        """Return the list without signatures."""
        lines = [trust.KEYS, "number %d" % self.number]
        lines += ["needs %s %d" % item for item in sorted(self.needs.items())]
        for role in sorted(self.keys):
            lines += ["key %s %s" % (role, key) for key in self.keys[role]]
        lines += ["revoked %s" % one for one in self.revoked]
        if self.expires:
            lines.append("revoked %s%d" % (trust.EXPIRES, self.expires))
        return "".join(line + "\n" for line in lines).encode()


def key_list(keys: trust.Keys) -> KeyList:
    """Convert a verified list, to derive the next one from it."""
    found = KeyList(keys.number, dict(keys.needs), {}, list(keys.revoked), keys.expires)
    for name, modulus in keys.moduli.items():
        data = modulus.to_bytes((modulus.bit_length() + 7) // 8, "big")
        found.keys.setdefault(name.split(" ")[0], []).append(base64.b64encode(data).decode())
    return found


def id_of(key: str) -> str:
    """Return the short name of a public key in base64."""
    return hashlib.sha256(base64.b64decode(key)).digest()[:8].hex()


@dataclass(frozen=True)
class ReleaseFile:
    """A file of a release.

    `encoding` on the wire: `text` as it is, `base64` for binary data, `deflated` and then base64
    where that is shorter.
    """

    name: str
    data: bytes
    encoding: str = "text"

    @property
    def wire(self) -> bytes:
        """The bytes on the wire."""
        if self.encoding == "text":
            return self.data
        return base64.b64encode(deflate(self.data) if self.encoding == "deflated" else self.data)

    @property
    def shape(self) -> str:
        """The file's fields in a manifest: name, size, digest and encoding."""
        digest = digest_text(hashlib.sha256(self.data).digest())
        return "%s %d %s %s" % (self.name, len(self.data), digest, self.encoding[0])


def deflate(data: bytes) -> bytes:
    """Compress data as `ports/storage.py` says: the smallest board holds a window of 1 KiB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -10, 9)
    return packer.compress(data) + packer.flush()


@dataclass(frozen=True)
class Manifest:
    """The statements of a release.

    `expires`: s UTC; `keys`: number of the key list; `patches`: named `PATCH` and the version that
    they are for; `number`: it only grows, 0 for none, as in releases before there were numbers.
    """

    version: str
    platforms: tuple[str, ...]
    abi: str
    files: tuple[ReleaseFile, ...]
    expires: int
    keys: int
    replaces: str = "0.0.0"
    patches: tuple[ReleaseFile, ...] = ()
    number: int = 0

    def text(self) -> bytes:
        """Return the manifest without signatures."""
        lines = [
            RELEASE + " 1",
            "version %s" % self.version + (" %d" % self.number if self.number else ""),
            "platforms %s" % " ".join(self.platforms),
            "abi %s" % self.abi,
            "replaces %s" % self.replaces,
            "expires %d" % self.expires,
            "keys %d" % self.keys,
        ]
        patches = sorted(self.patches, key=lambda one: one.name)
        lines += ["p " + patch.shape[len(PATCH) :] for patch in patches]
        lines += ["f " + file.shape for file in sorted(self.files, key=lambda one: one.name)]
        return "".join(line + "\n" for line in lines).encode()


def signed(text: bytes, signers: Iterable[Signer]) -> bytes:
    """Append a signature by each signer to the text."""
    return text + b"".join(signer.sign(text) for signer in signers)
