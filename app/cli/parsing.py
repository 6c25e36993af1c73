"""The common parts of the commands' argument parsers."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path


def command_parser(name: str, description: str, epilog: str) -> argparse.ArgumentParser:
    """Return a parser for `pythings NAME`; its description and epilog keep their line ends."""
    return argparse.ArgumentParser(
        prog="pythings " + name,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def positive(text: str) -> float:
    """Convert an option to a number above 0, for `argparse`."""
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError("%s is not above 0" % text)
    return value


def folder(text: str) -> Path:
    """Convert an option to a folder, for `argparse`; an empty one would be where one stands."""
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty: give a folder")
    return Path(text)


DAY = 86400
_LONGEST = 36500  # days: a century


def days(text: str, least: int = 0) -> int:
    """Convert an option to a number of days, for `argparse`."""
    if not (text.isascii() and text.isdigit() and least <= int(text) <= _LONGEST):
        raise argparse.ArgumentTypeError(
            "%r is not between %d and %d days" % (text, least, _LONGEST)
        )
    return int(text)


def today() -> int:
    """Return the Unix time at which this day began (UTC); SOURCE_DATE_EPOCH overrides the clock."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = int(given) if given.isascii() and given.isdigit() else int(time.time())
    return now // DAY * DAY
