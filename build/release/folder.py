"""A release as a folder that any Pythings Cloud serves: <out>/PythingsOS/VERSION/PLATFORM."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from adapters.linux.crypto import LinuxCrypto
from build.release import sources
from build.release.earlier import manifest as read_manifest
from build.release.patch import between
from build.release.signing import ReleaseError, Signer
from build.release.texts import PATCH, Manifest, ReleaseFile, signed
from domain.errors import CloudError
from domain.security import signed as texts
from domain.security import trust

_LINE = 600  # bytes: the cost of its line in the manifest and of a request

_VERSION = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}[a-z0-9.]{0,12}")


@dataclass(frozen=True)
class ReleasePlan:
    """A release to make.

    `lists`: all key lists, the last of which is in force; `before`: the files of releases that are
    patched, by version; `count`: the release's number.
    """

    board: str
    version: str
    replaces: str
    expires: int
    lists: tuple[Path, ...]
    mpy: int = 6
    before: Mapping[str, dict[str, bytes]] = field(default_factory=dict)
    count: int = 0

    def make(self, signers: list[Signer]) -> dict[str, bytes]:
        """Return the folder's files by name. Raise `ReleaseError` if a Thing would refuse them."""
        for text in (self.version, self.replaces):
            if not _VERSION.fullmatch(text):
                raise ReleaseError("%r is no version - use three numbers, as 2.1.0" % text)
        files = sources.files(self.board, self.version, self.mpy)
        return self.of(files, signers)

    def of(self, files: tuple[ReleaseFile, ...], signers: list[Signer]) -> dict[str, bytes]:
        """Return the folder's files by name for the given OS files."""
        platform = sources.PLATFORMS[self.board]
        abi = sources.abi(self.board, self.mpy)
        number = int(self.lists[-1].suffix[1:])
        patches = self._patches(files)
        text = Manifest(
            self.version,
            (platform,),
            abi,
            files,
            self.expires,
            number,
            self.replaces,
            patches,
            self.count,
        ).text()
        manifest = signed(text, signers)
        try:
            keys = trust.first_keys(self.lists[-1].read_bytes(), LinuxCrypto())
            keys.check(texts.signed(manifest, LinuxCrypto()), "release", LinuxCrypto())
            read_manifest(manifest)[0].check(platform, abi, None)
        except CloudError as error:
            raise ReleaseError("a Thing would not take this release: %s" % error) from None
        found = {file.name: file.wire for file in (*files, *patches)}
        found["release.txt"] = manifest
        found.update({path.name: path.read_bytes() for path in self.lists})
        lines = ["file:%d:%s\n" % (len(data), name) for name, data in sorted(found.items())]
        found["files.txt"] = "".join(lines).encode()
        return found

    def _patches(self, files: tuple[ReleaseFile, ...]) -> tuple[ReleaseFile, ...]:
        """Return the patches that are shorter than the files that they replace."""
        new = {file.name: file.data for file in files if file.name != "version.py"}  # is known
        found = []
        for version, old in sorted(self.before.items()):
            changed = [name for name in new if new[name] != old.get(name)]
            whole = sum(len(file.wire) for file in files if file.name in changed)
            patch = sources.file_of(PATCH + version, between(old, new))
            if len(patch.wire) + _LINE < whole:
                found.append(patch)
        return tuple(found)


def write(out: Path, version: str, platform: str, files: dict[str, bytes]) -> Path:
    """Write a release's folder over one of the same version, the manifest last."""
    folder = out / "PythingsOS" / version / platform
    try:
        if folder.exists() and not (folder / "release.txt").is_file():
            raise ReleaseError("%s is not ours to replace - name another with --out" % folder)
        for name in sorted(files, key=lambda one: one == "release.txt"):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[name])
        for path in sorted(folder.rglob("*"), reverse=True):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and name not in files:
                path.unlink()
            elif path.is_dir() and not any(path.iterdir()):
                path.rmdir()
    except OSError as error:
        raise ReleaseError("%s cannot be written: %s" % (folder, error.strerror)) from None
    return folder
