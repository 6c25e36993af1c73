"""The files of a release, and the folder that they are written to with their digests."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import tempfile
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from build.release.signing import ReleaseError
from build.slim.emit import swap

SUMS = "SHA256SUMS"
FACTS = "release.json"

_LINE = re.compile(r"([0-9a-f]{64})  ([\w.+-]+)", re.ASCII)
_FIRST_YEAR = 1980  # of zip archives
_MODE = 0o100644


def zipped(files: Mapping[str, bytes], epoch: int) -> bytes:
    """Return a zip archive; the same files and time (s since 1970) give the same bytes."""
    when = time.gmtime(epoch)[:6]
    if when[0] < _FIRST_YEAR:
        when = (_FIRST_YEAR, 1, 1, 0, 0, 0)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, when)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever it is made
            entry.external_attr = _MODE << 16
            archive.writestr(entry, files[name])
    return stream.getvalue()


def sums(files: Mapping[str, bytes]) -> bytes:
    """Return the lines that `sha256sum --check` reads."""
    lines = ["%s  %s\n" % (digest(files[name]), name) for name in sorted(files)]
    return "".join(lines).encode()


def digest(data: bytes) -> str:
    """Return the SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def facts_of(facts: Mapping[str, Any]) -> bytes:
    """Return the text of `FACTS`."""
    return json.dumps(facts, indent=2, sort_keys=True).encode("ascii") + b"\n"


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the folder in the place of an earlier one. Raise `ReleaseError`."""
    try:
        if folder.exists() and not (folder / SUMS).is_file():
            raise ReleaseError("%s is not ours to replace - name another with --out" % folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".release-", dir=folder.parent) as work:
            new = Path(work, "new")
            new.mkdir()
            for name, data in files.items():
                (new / name).write_bytes(data)
            swap(new, folder, Path(work, "old"))
            shutil.rmtree(Path(work, "old"), ignore_errors=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ReleaseError("%s cannot be written: %s" % (folder, reason)) from None


@dataclass
class MadeBefore:
    """Artifacts in other folders, that need not be made again: of the same commit and version."""

    facts: Mapping[str, Any]
    digests: dict[str, tuple[Path, str]] = field(default_factory=dict)

    def add(self, folder: Path) -> None:
        """Take a folder in. Raise `ReleaseError` if it is of another release."""
        try:
            told = json.loads((folder / FACTS).read_bytes())
            lines = (folder / SUMS).read_text(encoding="ascii").splitlines()
        except (OSError, ValueError) as error:
            raise ReleaseError("%s has no artifacts of a release: %s" % (folder, error)) from None
        told = told if isinstance(told, dict) else {}
        for name in ("version", "commit", "epoch"):
            if told.get(name) != self.facts[name]:
                text = "%s is of another release: its %s is %s, not %s"
                raise ReleaseError(text % (folder, name, told.get(name), self.facts[name]))
        for name, value in dict(told.get("bases") or {}).items():
            if self.facts["bases"].get(name, value) != value:
                raise ReleaseError("%s has images on another %s" % (folder, name))
        for line in lines:
            match = _LINE.fullmatch(line)
            if match:
                self.digests[match[2]] = folder, match[1]

    def take(self, name: str) -> bytes | None:
        """Return a file if it is there. Raise `ReleaseError` if it has changed since."""
        if name not in self.digests:
            return None
        folder, wanted = self.digests[name]
        try:
            data = (folder / name).read_bytes()
        except OSError as error:
            raise ReleaseError("%s cannot be read: %s" % (folder / name, error.strerror)) from None
        if digest(data) != wanted:
            raise ReleaseError("%s is not what its %s says" % (folder / name, SUMS))
        return data

    def others(self, files: Mapping[str, bytes], end: str) -> dict[str, bytes]:
        """Return the files with this ending that were made on other kinds of machines."""
        found = {}
        for name in self.digests:
            data = self.take(name) if name.endswith(end) and name not in files else None
            if data is not None:
                found[name] = data
        return found
