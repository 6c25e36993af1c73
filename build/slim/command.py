"""`python -m build slim`: write the slim build for a board, or say whether it is fresh."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from app import place
from build.slim import emit
from build.slim.boards import BOARDS
from build.slim.model import SlimError
from build.slim.passes import program_of, transform
from build.slim.start import start

_WRONG = 1


def main(argv: list[str] | None = None) -> int:
    """Build for one board; return the exit status: 0, or 1 if stale, unknown or impossible."""
    arguments = _parser().parse_args(argv)
    board = BOARDS[arguments.board]
    out = arguments.out or place.made() / "slim" / board.name
    try:
        program = program_of(board)
        done = transform(program)
        start(board, program)
        arch = board.arch if arguments.mpy or arguments.bytecode else None
        release = emit.files(program.sources, arch, arguments.bytecode)
        if arguments.names:
            _write_names(arguments.names, program.renamed)
        if arguments.check:
            said = emit.differences(release, out)
            sys.stderr.writelines("slim: %s\n" % text for text in said)
            return _WRONG if said else 0
        emit.write(release, out)
    except SlimError as error:
        sys.stderr.write("slim: %s\n" % error)
        return _WRONG
    if arguments.verbose:
        sys.stdout.writelines("%-12s %6d\n" % item for item in done.items())
    total = sum(len(data) for data in release.values())
    sys.stdout.write("%s: %d files, %d bytes, in %s\n" % (board.name, len(release), total, out))
    return 0


def _write_names(path: Path, renamed: dict[str, str]) -> None:
    text = json.dumps(dict(sorted(renamed.items())), indent=1) + "\n"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise emit.unwritable(path, error, "file") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m build slim", description=__doc__)
    parser.add_argument("board", choices=sorted(BOARDS))
    parser.add_argument("--out", type=Path, help="the folder to write (dist/slim/BOARD)")
    parser.add_argument("--check", action="store_true", help="only say whether it is fresh")
    parser.add_argument("--mpy", action="store_true", help="compile with mpy-cross")
    parser.add_argument(
        "--bytecode",
        default="",
        metavar="VERSION",
        help="compile for older firmware: v1.12 stands for 1.12 to 1.18",
    )
    parser.add_argument("--names", type=Path, help="write what the short names stand for")
    parser.add_argument("--verbose", action="store_true", help="say what each pass did")
    return parser
