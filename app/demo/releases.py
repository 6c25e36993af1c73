"""Keys and OS releases to demonstrate updates: good ones, and some to be refused or rolled back."""

from __future__ import annotations

import functools
import time
from pathlib import Path

from build.firmware.cache import made_before
from build.firmware.release import NEWEST
from build.release import commandsign, sources
from build.release.earlier import earlier, numbers
from build.release.folder import ReleasePlan, write
from build.release.keystore import KeyStore
from build.release.texts import PATCH, KeyList
from build.slim import emit
from build.slim.boards import BOARDS

_EXPIRES = 4_000_000_000

_MODULE = "domain/health/remedy.py"
_LATE = ("pt_recover", "pt_board")  # the file that contains it, by board
_BEGIN = "app/runtime/linux_main.py"  # the first module of a Linux Thing's OS

# Defects of a release, as the first code that its OS runs.
CRASHES = "raise RuntimeError('this release is broken')\n"
HANGS = "while True:\n    pass\n"


class Releases:
    """A folder with keys, and in `dist` the releases that a cloud serves."""

    def __init__(self, folder: Path) -> None:
        self.patched = 2  # earlier releases
        self.dist = folder / "dist"
        self.dist.mkdir(parents=True)
        self.store = KeyStore(folder / "keys", lambda _path: "")
        root, release = self.store.make("root", ""), self.store.make("release", "")
        keys = {"root": [root.public], "release": [release.public], "app": []}
        self.trust = self.store.write(KeyList(keys=keys), [root])

    def make(self, board: str, version: str, begins: str = "") -> Path:
        """Write a signed release; `begins`: code that its OS runs before any other."""
        files = dict(files_of(board))
        files["version.py"] = ("version=%r\n" % version).encode()
        if board == "linux":
            files[_BEGIN] = _with(files[_BEGIN], begins)
        else:
            files["version.py"] += begins.encode()
        made = self.signed(board, version, files)
        return write(self.dist, version, sources.PLATFORMS[board], made)

    def change(self, board: str, version: str, *modules: str) -> None:
        """Write a signed release that differs from the factory's OS in one module.

        On a board, in those named, if any are.
        """
        files = dict(files_of(board))
        files["version.py"] = ("version=%r\n" % version).encode()
        if board == "linux":
            files[_MODULE] += ("\nANOTHER = %r\n" % version).encode()
        else:
            made = made_before(board, NEWEST)
            for name in modules or [name for name in _LATE if name in made.sources][:1]:
                source = made.sources[name] + "another = %r\n" % version
                compiled = emit.compiled({name: source}, BOARDS[board].arch)
                files[name + ".mpy"] = compiled[name]
        write(self.dist, version, sources.PLATFORMS[board], self.signed(board, version, files))

    def signed(self, board: str, version: str, files: dict[str, bytes]) -> dict[str, bytes]:
        """Return the signed files that a cloud serves."""
        signers = self.store.signers(self.store.current(), "release")
        before = earlier(self.dist, version, board, NEWEST, self.patched)
        lists = tuple(self.store.lists)
        made = numbers(self.dist)
        count = made.get(version) or max(made.values(), default=0) + 1
        release = ReleasePlan(board, version, "0.0.0", _EXPIRES, lists, NEWEST, before, count)
        found = tuple(sources.file_of(name, data) for name, data in sorted(files.items()))
        return release.of(found, signers)

    def command(self, tid: str, source: str) -> str:
        """Return a signed command for a Thing."""
        keys = self.store.current()
        signers = self.store.signers(keys, commandsign.role(keys))
        return commandsign.command(tid, int(time.time() * 100), _EXPIRES, source, signers)


def tamper(folder: Path) -> None:
    """Change a file of a release, and its patches, as an attacker in the middle would."""
    path = folder / _BEGIN
    path = path if path.exists() else folder / "version.py"
    for one in (path, *folder.glob(PATCH + "*")):
        one.write_bytes(one.read_bytes() + b"import evil\n")


def _with(source: bytes, begins: str) -> bytes:
    mark = b"from __future__ import annotations\n"
    return source.replace(mark, mark + begins.encode(), 1)


@functools.cache
def files_of(board: str) -> dict[str, bytes]:
    """Return the files of a board's OS, made once: that takes seconds."""
    return {file.name: file.data for file in sources.files(board, "0.0.1", NEWEST)}
