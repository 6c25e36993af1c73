"""`pythings release vX.Y.Z`: all artifacts of a version, in one folder, with their digests."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from app.cli import ostrees
from app.cli.build import read_firmware
from app.cli.parsing import command_parser
from app.place import SOURCE
from build.artifacts import boards, checkout, notes
from build.artifacts.files import FACTS, SUMS, MadeBefore, digest, facts_of, sums, write
from build.artifacts.plan import ArtifactPlan, Step, steps
from build.firmware.model import FirmwareError
from build.release import sources
from build.release.folder import write as write_tree
from build.release.signing import ReleaseError

EPOCH = "SOURCE_DATE_EPOCH"

_EPILOG = """\
In <out>/vX.Y.Z: for each board its OS as source and as .mpy files, to be frozen, in littlefs and
ROMFS images, and with --base in an image to flash; the signed OS for a cloud; for Linux the wheel
and a Thing as one file, .pyz, for this kind of machine; the bill of materials, release notes,
SHA256SUMS. The signed OS is in <out>/PythingsOS too, as of `pythings release BOARD`.

The time in all of them, from which --expires counts, is that of the commit, or SOURCE_DATE_EPOCH:
the same commit, time, keys, packages and bases give the same bytes.
"""
_TREES = "-cloud.zip"
_Say = Callable[[str], None]


def asked(argv: list[str]) -> bool:
    """Return whether a command line names a version to release."""
    return any(checkout.TAG.fullmatch(word) for word in argv)


def main(argv: list[str]) -> int:
    """Make all artifacts, or none; return 0, or 1 if it cannot be done."""
    options = _parser().parse_intermixed_args(argv)  # boards may stand behind options
    options.version = options.tag[1:]
    options.boards = list(dict.fromkeys(options.boards)) or sorted(sources.PLATFORMS)
    try:
        if options.dry_run:
            return _listed(options)
        told = _released(options)
    except (ReleaseError, FirmwareError) as error:
        sys.stderr.write("pythings release: %s\n" % error)
        return 1
    if options.json:
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        line = "%(folder)s: %(files)d files, %(bytes)d bytes\nSHA-256 of SHA256SUMS: %(sums)s\n"
        sys.stdout.write(line % {**told, "files": len(told["files"])})
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = command_parser("release vX.Y.Z", "Make all artifacts of a version.", _EPILOG)
    parser.add_argument("tag", metavar="vX.Y.Z", type=_tag, help="the version")
    parser.add_argument(
        "boards",
        nargs="*",
        metavar="BOARD",
        type=_board,
        help="of these alone, or linux (default: all)",
    )
    parser.add_argument(
        "--base",
        metavar="FIRMWARE.bin",
        type=Path,
        action="append",
        default=[],
        help="a MicroPython to put the OS into, for the boards with its chip; can be repeated",
    )
    parser.add_argument(
        "--artifacts",
        metavar="DIR",
        type=Path,
        action="append",
        default=[],
        help="take artifacts of the same commit from there, made here or on another machine",
    )
    parser.add_argument(
        "--unreleased",
        action="store_true",
        help="for a trial: the notes are what CHANGELOG.md has under [Unreleased]",
    )
    parser.add_argument("--dry-run", action="store_true", help="list the steps and their files")
    ostrees.add_options(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object with the figures")
    return parser


def _tag(text: str) -> str:
    if not checkout.TAG.fullmatch(text):
        raise argparse.ArgumentTypeError("%r is no version such as v2.1.0 or v2.1.0rc1" % text)
    return text


def _board(text: str) -> str:
    if text not in sources.PLATFORMS:
        names = ", ".join(sorted(sources.PLATFORMS))
        raise argparse.ArgumentTypeError("there is no board %r, but %s" % (text, names))
    return text


def _plan(options: argparse.Namespace) -> ArtifactPlan:
    commit = checkout.commit(SOURCE)
    # One time for all: the expiry of the signed OS is counted from it, too.
    os.environ.setdefault(EPOCH, str(commit.time))
    if not (os.environ[EPOCH].isascii() and os.environ[EPOCH].isdigit()):
        raise ReleaseError("%s is no number of seconds: %r" % (EPOCH, os.environ[EPOCH]))
    bases = tuple(boards.read_base(path, read_firmware(path)) for path in options.base)
    if len({base.name for base in bases}) < len(bases):
        raise ReleaseError("two files of --base have the same name - rename one")
    return ArtifactPlan(
        options.version,
        tuple(options.boards),
        bases,
        options.mpy,
        commit,
        int(os.environ[EPOCH]),
        lambda: ostrees.make(options),
    )


def _listed(options: argparse.Namespace) -> int:
    plan = _plan(options)
    listed = [(step.title, step.names) for step in steps(plan)]
    listed.append(("notes and digests", (plan.name("notes.md"), FACTS, SUMS)))
    problems = []
    for check in (_clean, _notes):
        try:
            check(options)
        except ReleaseError as error:
            problems.append(str(error))
    if options.json:
        named = [{"step": title, "files": names} for title, names in listed]
        sys.stdout.write(json.dumps({"steps": named, "problems": problems}) + "\n")
        return 0
    for number, (title, names) in enumerate(listed, 1):
        sys.stdout.write("%2d. %s\n" % (number, title))
        sys.stdout.writelines("      %s\n" % name for name in names)
    sys.stdout.writelines("It would be refused: %s\n" % problem for problem in problems)
    return 0


def _clean(_options: argparse.Namespace) -> None:
    checkout.clean(SOURCE)


def _notes(options: argparse.Namespace) -> str:
    return checkout.notes(SOURCE, options.version, options.unreleased)


def _released(options: argparse.Namespace) -> dict[str, Any]:
    _clean(options)
    text = _notes(options)
    plan = _plan(options)
    facts = {"version": plan.version, "commit": plan.commit.id, "epoch": plan.epoch}
    facts["bases"] = {base.name: digest(base.data) for base in plan.bases}
    before = MadeBefore(facts)
    for folder in options.artifacts:
        before.add(folder)
    with Console(stderr=True, highlight=False).status("") as status:
        files = _made(list(steps(plan)), before, status.console.print, status.update)
    files.update(before.others(files, ".pyz"))
    files[plan.name("notes.md")] = notes.text(plan, text, files)
    files[FACTS] = facts_of(facts)
    files[SUMS] = sums(files)
    folder = options.out / options.tag
    trees = _trees(plan.version, files[plan.name(_TREES[1:])])
    write(folder, files)
    for platform, tree in trees.items():  # where later releases look for it
        write_tree(options.out, plan.version, platform, tree)
    sizes = {name: len(data) for name, data in sorted(files.items())}
    told = {"version": plan.version, "folder": str(folder), "files": sizes}
    return {**told, "bytes": sum(sizes.values()), "sums": digest(files[SUMS])}


def _made(todo: list[Step], before: MadeBefore, say: _Say, now: _Say) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for number, step in enumerate(todo, 1):
        now("%d of %d: %s" % (number, len(todo), step.title))
        kept = {name: before.take(name) for name in step.names}
        found = {name: data for name, data in kept.items() if data is not None}
        whole = len(found) == len(step.names)
        made = found if whole else step.make(files)
        files.update(made)
        size = sum(map(len, made.values()))
        how = "taken from before" if whole else "made"
        say("%d of %d: %s: %s, %d bytes" % (number, len(todo), step.title, how, size))
    return files


def _trees(version: str, archive: bytes) -> dict[str, dict[str, bytes]]:
    """Return the signed OS's files by platform. Raise `ReleaseError` for a name that is not ours.

    The archive may have come from another machine, by --artifacts.
    """
    found: dict[str, dict[str, bytes]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as trees:
            for name in trees.namelist():
                top, release, platform, *path = name.split("/")
                if (top, release) != ("PythingsOS", version) or not path:
                    raise ValueError(name)
                if platform not in sources.PLATFORMS.values() or {"", ".", ".."} & {*path}:
                    raise ValueError(name)
                found.setdefault(platform, {})["/".join(path)] = trees.read(name)
    except (ValueError, zipfile.BadZipFile) as error:
        text = "%s is no signed OS of this version (%s) - leave it out of --artifacts"
        raise ReleaseError(text % (_TREES[1:], error)) from None
    return found
