"""Earlier releases, read again to make patches from them."""

from __future__ import annotations

import base64
import hashlib
import zlib
from pathlib import Path

from adapters.linux.crypto import LinuxCrypto
from build.release import sources
from domain.errors import CloudError
from domain.os_update.manifest import Release, number_of
from domain.security.signed import digest_text, signed


def earlier(
    out: Path, version: str, board: str, mpy: int, most: int
) -> dict[str, dict[str, bytes]]:
    """Return the files of the newest releases before `version` for this board, by version.

    Only complete releases count, `most` of them at most.
    """
    platform, number = sources.PLATFORMS[board], number_of(version)
    found: dict[str, dict[str, bytes]] = {}
    folders = [path.name for path in (out / "PythingsOS").glob("*") if path.name != version]
    for name in sorted(folders, key=number_of, reverse=True):
        if len(found) < most and number_of(name) <= number:
            try:
                files = _read(out / "PythingsOS" / name / platform, sources.abi(board, mpy))
            except (OSError, ValueError, zlib.error, CloudError):
                continue  # an unreadable release must not prevent a new one
            if files:
                found[name] = files
    return found


def numbers(out: Path) -> dict[str, int]:
    """Return the highest number of the releases in a folder, by version."""
    found: dict[str, int] = {}
    for path in (out / "PythingsOS").glob("*/*/release.txt"):
        try:
            release, _ = manifest(path.read_bytes())
        except (OSError, CloudError):
            continue  # a Thing cannot read it either, so none has taken it
        found[release.version] = max(found.get(release.version, 0), release.number)
    return found


def manifest(data: bytes) -> tuple[Release, list[tuple[str, str, int, str, str]]]:
    """Parse a manifest into its release, and its files and patches, without verifying signatures.

    A file or patch is a tuple of kind, name, size, digest, encoding. Raise `CloudError` if the
    manifest is malformed.
    """
    text = signed(data, LinuxCrypto())
    release = Release(text.size, text.digest, LinuxCrypto())
    files = [(found[0], *found[2:]) for found in release.files(data.split(b"\n"))]
    return release, files


def unpacked(data: bytes, size: int, digest: str, encoding: str) -> bytes:
    """Decode a file into the bytes that a Thing stores. Raise ValueError or zlib.error."""
    if encoding != "t":
        data = base64.b64decode(data, validate=True)
    if encoding == "d":
        data = zlib.decompressobj(-10).decompress(data, size + 1)
    if (len(data), digest_text(hashlib.sha256(data).digest())) != (size, digest):
        raise ValueError("it is not what the manifest says")
    return data


def _read(folder: Path, abi: str) -> dict[str, bytes]:
    """Return the files of a release as a Thing stores them; none if it is made for another ABI."""
    release, files = manifest((folder / "release.txt").read_bytes())
    if abi not in release.said[3]:
        return {}
    return {
        name: unpacked((folder / name).read_bytes(), size, digest, encoding)
        for kind, name, size, digest, encoding in files
        if kind == "f"
    }
