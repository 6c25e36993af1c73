"""`pythings release`: makes a signed OS release that any Pythings Cloud can serve."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import app
from app import place
from app.cli.keys import ask, folder
from app.cli.parsing import DAY, command_parser, days, today
from build.release import sources
from build.release.earlier import earlier, numbers
from build.release.folder import ReleasePlan, write
from build.release.keystore import KeyStore
from build.release.signing import ReleaseError
from build.release.texts import PATCH

_EPILOG = """\
The folder is <out>/PythingsOS/VERSION/PLATFORM. Give <out> to the cloud as its dist folder
(`pythings cloud serve --dist`), then ask for the version in a pool's settings: pythings_version.

The same source, version, keys and expiry give the same bytes; SOURCE_DATE_EPOCH stands for today.
"""


def main(argv: list[str]) -> int:
    """Make the releases of all given boards, or none; return 0, or 1 if it cannot be done."""
    options = _parser().parse_args(argv)
    try:
        told = _make(options)
    except ReleaseError as error:
        sys.stderr.write("pythings release: %s\n" % error)
        return 1
    if options.json:
        sys.stdout.write(json.dumps({"version": options.version, "releases": told}) + "\n")
        return 0
    for made in told:
        sys.stdout.write("%(board)s: %(files)d files, %(bytes)d bytes, in %(folder)s\n" % made)
        for version, size in made["patches"].items():
            sys.stdout.write("  from %s: %d bytes\n" % (version, size))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        "release", "Build the OS, sign it, and write what a cloud serves to Things.", _EPILOG
    )
    parser.add_argument(
        "boards", nargs="+", metavar="BOARD", choices=sorted(sources.PLATFORMS), help="or linux"
    )
    parser.add_argument("--version", default=app.__version__, help="of the OS (%(default)s)")
    parser.add_argument(
        "--replaces", default="0.0.0", metavar="VERSION", help="the oldest that it may replace"
    )
    parser.add_argument("--keys", metavar="DIR", help="the folder of keys (~/.pythings-keys)")
    parser.add_argument(
        "--key", type=Path, action="append", default=[], help="a release key that is elsewhere"
    )
    parser.add_argument(
        "--expires", metavar="DAYS", type=_days, default=730, help="from today on (%(default)s)"
    )
    parser.add_argument(
        "--number",
        type=_number,
        help="it only grows: a Thing takes no release whose number is below that of one that has"
        " proved itself there (default: one more than those in <out>, or the days since 1970)",
    )
    parser.add_argument(
        "--patches",
        metavar="COUNT",
        type=int,
        default=3,
        help="for Things that run one of so many releases before it in <out>, write what has"
        " changed since (%(default)s)",
    )
    parser.add_argument("--mpy", type=int, choices=(5, 6), default=6, help="version of .mpy files")
    default = place.made() / "releases"
    parser.add_argument("--out", type=Path, default=default, help="where to write (%(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object with the figures")
    return parser


def _days(text: str) -> int:
    return days(text, 1)


def _number(text: str) -> int:
    if not (text.isdigit() and text.isascii() and 0 < int(text) < 10**12):
        raise argparse.ArgumentTypeError("%r is no number from 1 on" % text)
    return int(text)


def _count(options: argparse.Namespace, today: int) -> int:
    """Return the number of this release: the one given, the version's own, or a new highest one."""
    others = numbers(options.out)
    own = others.pop(options.version, 0)
    given: int = options.number or own or max([today, *(one + 1 for one in others.values())])
    if given in others.values():
        used = [version for version, number in others.items() if number == given]
        raise ReleaseError("release %s has the number %d already - give another" % (used[0], given))
    return given


def _make(options: argparse.Namespace) -> list[dict[str, Any]]:
    store = KeyStore(folder(options.keys), ask)
    keys = store.current()
    signers = store.signers(keys, "release", options.key)
    expires = today() + options.expires * DAY
    if keys.expires and keys.expires < expires:
        raise ReleaseError(
            "the key list expires before the release - `pythings keys renew`, or fewer --expires"
        )
    count = _count(options, today() // DAY)
    made = {}
    for board in dict.fromkeys(options.boards):
        before = earlier(options.out, options.version, board, options.mpy, options.patches)
        lists = tuple(store.lists)
        release = ReleasePlan(
            board, options.version, options.replaces, expires, lists, options.mpy, before, count
        )
        made[board] = release.make(signers)
    told: list[dict[str, Any]] = []
    for board, files in made.items():
        where = write(options.out, options.version, sources.PLATFORMS[board], files)
        patches = {
            name[len(PATCH) :]: len(data) for name, data in files.items() if name.startswith(PATCH)
        }
        size = sum(map(len, files.values())) - sum(patches.values())
        count = len(files) - len(patches)
        told.append(
            {
                "board": board,
                "files": count,
                "bytes": size,
                "patches": patches,
                "folder": str(where),
            }
        )
    return told
