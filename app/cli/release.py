"""`pythings release`: a signed OS release that any Pythings Cloud can serve, or all artifacts."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

import app
from app.cli import distribution, ostrees
from app.cli.parsing import command_parser
from build.release import sources
from build.release.folder import write
from build.release.signing import ReleaseError
from build.release.texts import PATCH

_EPILOG = """\
The folder is <out>/PythingsOS/VERSION/PLATFORM. Give <out> to the cloud as its dist folder
(`pythings cloud serve --dist`), then ask for the version in a pool's settings: pythings_version.

The same source, version, keys and expiry give the same bytes; SOURCE_DATE_EPOCH stands for today.

`pythings release v2.1.0` makes all artifacts of a version: `pythings release v2.1.0 --help`.
"""


def main(argv: list[str]) -> int:
    """Make the releases of all given boards, or none; return 0, or 1 if it cannot be done."""
    if distribution.asked(argv):
        return distribution.main(argv)
    options = _parser().parse_args(argv)
    try:
        made = ostrees.make(options)
        told = [_written(options, board, files) for board, files in made.items()]
    except ReleaseError as error:
        sys.stderr.write("pythings release: %s\n" % error)
        return 1
    if options.json:
        sys.stdout.write(json.dumps({"version": options.version, "releases": told}) + "\n")
        return 0
    for one in told:
        sys.stdout.write("%(board)s: %(files)d files, %(bytes)d bytes, in %(folder)s\n" % one)
        for version, size in one["patches"].items():
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
    ostrees.add_options(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object with the figures")
    return parser


def _written(options: argparse.Namespace, board: str, files: dict[str, bytes]) -> dict[str, Any]:
    """Write the folder of a board, and return its figures."""
    where = write(options.out, options.version, sources.PLATFORMS[board], files)
    patches = {name[len(PATCH) :]: len(files[name]) for name in files if name.startswith(PATCH)}
    return {
        "board": board,
        "files": len(files) - len(patches),
        "bytes": sum(map(len, files.values())) - sum(patches.values()),
        "patches": patches,
        "folder": str(where),
    }
