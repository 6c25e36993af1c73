"""`pythings build`: firmware images for boards."""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path

from rich.console import Console

from adapters.linux import inputs
from adapters.linux.crypto import LinuxCrypto
from app import place
from app.cli.parsing import command_parser
from build.firmware import images, output, report
from build.firmware.layout import FLASH_SIZES
from build.firmware.model import BuildResult, FirmwareError
from build.slim.boards import BOARDS
from domain.errors import ThingError
from domain.security.signed import MAX_TEXT
from domain.security.trust import first_keys

_FAILED = 1
_WRONG_USAGE = 2

# No board has more flash: a larger file is no firmware, and is not read into memory.
_LARGEST_BASE = max(FLASH_SIZES.values())

_EPILOG = """\
In the folder of each board: littlefs.bin, the OS in a file system; romfs.bin, the OS to be
executed in place; manifest.py and modules/, the OS to be frozen into a MicroPython built from
source; with --base firmware.bin, the base and the OS in one image to flash, and manifest.json, by
which a page with ESP Web Tools flashes it from a browser.
"""


def main(argv: list[str]) -> int:
    """Make the images of all boards, or none; return 0, 1 if that fails, 2 for wrong usage."""
    options = _parser().parse_args(argv)
    boards = list(dict.fromkeys(options.boards))
    problem = _problem(boards, options.base)
    if problem:
        sys.stderr.write("pythings build: %s\n" % problem)
        return _WRONG_USAGE
    try:
        results = _make(boards, options)
    except FirmwareError as error:
        sys.stderr.write("pythings build: %s\n" % error)
        return _FAILED
    if options.json:
        sys.stdout.write(report.as_json(results, options.out) + "\n")
    else:
        report.show(results, options.out)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        "build",
        "Make firmware images with the OS: %s." % ", ".join(sorted(BOARDS)),
        _EPILOG,
    )
    parser.add_argument("boards", nargs="+", metavar="BOARD")
    default = place.made() / "firmware"
    parser.add_argument("--out", type=Path, default=default, help="where to write (%(default)s)")
    parser.add_argument(
        "--base",
        type=Path,
        metavar="FIRMWARE.bin",
        help="a MicroPython for the board, to put the OS into",
    )
    parser.add_argument(
        "--flash-size", choices=FLASH_SIZES, help="the board's flash, if not what is usual"
    )
    parser.add_argument(
        "--trust", type=Path, metavar="FILE", help="key list: whose OS releases the board takes"
    )
    _add_form(parser.add_mutually_exclusive_group())
    parser.add_argument("--json", action="store_true", help="one JSON object with the figures")
    return parser


def _add_form(form: argparse._MutuallyExclusiveGroup) -> None:
    """Add the options for the form of the OS's modules: source, or a version of .mpy."""
    form.add_argument("--source", action="store_true", help="the OS as source, not as .mpy files")
    form.add_argument(
        "--mpy",
        type=int,
        choices=(5, 6),
        help="version of the .mpy files: 5 for MicroPython 1.12 to 1.18, 6 for newer ones "
        "(what the base needs, else 6)",
    )


def _problem(boards: list[str], base: Path | None) -> str:
    """Return the error in the command line, or an empty text."""
    for board in boards:
        if board not in BOARDS:
            similar = difflib.get_close_matches(board, BOARDS, n=1)
            hint = "did you mean %s?" % similar[0] if similar else "there are:"
            names = "" if similar else " " + ", ".join(sorted(BOARDS))
            return "there is no board %r; %s%s" % (board, hint, names)
    if base is not None and len(boards) > 1:
        return "--base is a firmware for one board, and %d are named" % len(boards)
    return ""


def _make(boards: list[str], options: argparse.Namespace) -> list[BuildResult]:
    """Make all images in memory before any file is written."""
    base = None if options.base is None else read_firmware(options.base)
    flash = FLASH_SIZES[options.flash_size] if options.flash_size else 0
    trust = None if options.trust is None else key_list(options.trust)
    asked = images.BuildOptions(base, options.mpy, options.source, flash, trust)
    output.writable(options.out, boards)
    results = []
    with Console(stderr=True, highlight=False).status("") as status:
        for board in boards:

            def say(text: str, board: str = board) -> None:
                status.update("%s: %s" % (board, text))

            results.append(images.make(board, asked, say))
        status.update("writing")
        output.write(options.out, results)
    return results


def key_list(path: Path) -> bytes:
    """Read a key list, with the check that the board makes. Raise `FirmwareError`."""
    try:
        data = inputs.data(path, MAX_TEXT)
        first_keys(data, LinuxCrypto())
    except OSError as error:
        raise FirmwareError("--trust %s cannot be read: %s" % (path, error.strerror)) from None
    except ThingError as error:
        raise FirmwareError("--trust %s is no key list: %s" % (path, error)) from None
    return data


def read_firmware(base: Path) -> bytes:
    """Read a firmware. Raise `FirmwareError`."""
    try:
        return inputs.data(base, _LARGEST_BASE)
    except OSError as error:
        raise FirmwareError(
            "the base firmware %s cannot be read: %s" % (base, error.strerror)
        ) from None
