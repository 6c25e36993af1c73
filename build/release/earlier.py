"""Releases that were made before, read again to make patches of."""

from __future__ import annotations

import base64
import hashlib
import zlib
from pathlib import Path

from build.release import sources
from domain import trust


def earlier(
    out: Path, version: str, board: str, mpy: int, most: int
) -> dict[str, dict[str, bytes]]:
    """The files of the newest releases before `version` for this board, by version: those that are
    whole. `most`: how many."""
    platform, number = sources.PLATFORMS[board], trust.number_of(version)
    found: dict[str, dict[str, bytes]] = {}
    folders = [path.name for path in (out / "PythingsOS").glob("*") if path.name != version]
    for name in sorted(folders, key=trust.number_of, reverse=True):
        if len(found) < most and trust.number_of(name) <= number:
            try:
                files = _read(out / "PythingsOS" / name / platform, sources.abi(board, mpy))
            except (OSError, ValueError, zlib.error):
                continue  # what cannot be read is no reason not to release
            if files:
                found[name] = files
    return found


def _read(folder: Path, abi: str) -> dict[str, bytes]:
    """The files of a release, as they lie on a Thing; none if it is made for another ABI."""
    lines = (folder / "release.txt").read_text("ascii").splitlines()
    if "abi " + abi not in lines:
        return {}
    found = {}
    for name, size, digest, encoding in [line.split(" ")[1:] for line in lines if line[:2] == "f "]:
        data = (folder / name).read_bytes()
        if encoding != "t":
            data = base64.b64decode(data, validate=True)
        if encoding == "d":
            data = zlib.decompress(data, -10)
        if (len(data), trust.digest_text(hashlib.sha256(data).digest())) != (int(size), digest):
            raise ValueError("%s is not what its manifest says" % name)
        found[name] = data
    return found
