"""The steps of a release: each has the names of its files before it makes them."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Callable

from app.place import SOURCE
from build.artifacts import boards
from build.artifacts.boards import BaseFile
from build.artifacts.checkout import ReleaseCommit
from build.artifacts.files import zipped
from build.release import sources
from build.release.signing import ReleaseError
from build.slim.boards import BOARDS

_PROJECT = "pythings-os"

Files = dict[str, bytes]


@dataclass(frozen=True)
class ArtifactPlan:
    """A release to make.

    `boards`: those with MicroPython and those with Linux, as `build.release.sources.PLATFORMS`;
    `mpy`: version of `.mpy` files; `epoch`: s since 1970, the time in all artifacts; `trees`: makes
    the signed OS of each board.
    """

    version: str
    boards: tuple[str, ...]
    bases: tuple[BaseFile, ...]
    mpy: int
    commit: ReleaseCommit
    epoch: int
    trees: Callable[[], dict[str, Files]]

    def name(self, rest: str) -> str:
        """Return the name of an artifact."""
        return "%s-%s-%s" % (_PROJECT, self.version, rest)

    @property
    def hosted(self) -> bool:
        """Whether it is for Linux, too."""
        return any(board not in BOARDS for board in self.boards)


@dataclass(frozen=True)
class Step:
    """A step: its title, the files that it makes, and how; it is given all files made so far."""

    title: str
    names: tuple[str, ...]
    make: Callable[[Files], Files]


def steps(plan: ArtifactPlan) -> Iterator[Step]:
    """Yield the steps in their order; the one that may ask for a password is the first."""
    trees = plan.name("cloud.zip")
    yield Step("signed OS for a cloud", (trees,), lambda _: {trees: _trees(plan)})
    for board in plan.boards:
        if board in BOARDS:
            yield from _board(plan, board)
    if plan.hosted:
        yield from _linux(plan)
    bill = plan.name("bill.cdx.json")
    yield Step("bill of materials", (bill,), lambda _: {bill: _bill(plan)})


def _board(plan: ArtifactPlan, board: str) -> Iterator[Step]:
    prefix = plan.name(board)
    make = partial(boards.make, board, plan.version, plan.mpy, prefix, plan.epoch)
    yield Step(board, boards.names(prefix, plan.mpy), partial(_made, make))
    for base in plan.bases:
        if base.fits(board):
            make = partial(boards.flashable, board, plan.version, prefix, base)
            names = boards.flashable_names(prefix, base)
            yield Step("%s, on %s" % (board, base.name), names, partial(_made, make))


def _made(make: Callable[[], Files], _before: Files) -> Files:
    """Make files that need none of those before them."""
    return make()


def _linux(plan: ArtifactPlan) -> Iterator[Step]:
    wheel = "%s-%s-py3-none-any.whl" % (_PROJECT.replace("-", "_"), plan.version)
    yield Step("wheel", (wheel,), lambda _: {wheel: _wheel(plan, wheel)})
    alone = "pythings-%s-%s-%s.pyz" % (
        plan.version,
        sysconfig.get_platform(),
        sys.implementation.cache_tag,
    )
    yield Step("single file", (alone,), lambda made: {alone: _alone(plan, wheel, made[wheel])})


def _trees(plan: ArtifactPlan) -> bytes:
    """Return the archive that the cloud's owner unpacks in its `dist` folder."""
    found = {}
    for board, files in plan.trees().items():
        folder = "PythingsOS/%s/%s/" % (plan.version, sources.PLATFORMS[board])
        found.update({folder + name: data for name, data in files.items()})
    return zipped(found, plan.epoch)


def _wheel(plan: ArtifactPlan, name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        pip = ["pip", "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
        pip += ["--disable-pip-version-check", "--config-settings", "version=" + plan.version]
        _run(plan, "-I", "-m", *pip, "--wheel-dir", folder, str(SOURCE))
        return Path(folder, name).read_bytes()


def _alone(plan: ArtifactPlan, name: str, wheel: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, name).write_bytes(wheel)
        out = Path(folder, "alone.pyz")
        given = ["--wheel", str(Path(folder, name)), "--out", str(out)]
        _run(plan, "-m", "build", "alone", *given)
        return out.read_bytes()


def _bill(plan: ArtifactPlan) -> bytes:
    given = ["--version", plan.version, "--commit", plan.commit.id, "--epoch", str(plan.epoch)]
    for base in plan.bases:
        given += ["--base", str(base.path.resolve())]
    return _run(plan, "-m", "build", "bill", *given)


def _run(plan: ArtifactPlan, *arguments: str) -> bytes:
    """Run a tool in Python and return its output. Raise `ReleaseError` with its last line."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=SOURCE,
        env={**os.environ, "SOURCE_DATE_EPOCH": str(plan.epoch)},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        lines = (done.stderr or done.stdout).decode("utf-8", "replace").splitlines()
        lines = [line.strip() for line in lines if line.strip()] or ["it failed"]
        named = [line for line in lines if "Error: " in line]
        raise ReleaseError("%s: %s" % (" ".join(arguments[:4]), (named or lines)[-1]))
    return done.stdout
