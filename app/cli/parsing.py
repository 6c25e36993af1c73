"""The argument parsers of the commands: alike, with a text of their own below the options."""

from __future__ import annotations

import argparse
import os
import time


def command_parser(name: str, description: str, epilog: str) -> argparse.ArgumentParser:
    """The parser of `pythings NAME`; line ends are kept."""
    return argparse.ArgumentParser(
        prog="pythings " + name,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


DAY = 86400
_LONGEST = 36500  # days: a century


def days(text: str, least: int = 0) -> int:
    """A number of days, for `argparse`."""
    if not (text.isascii() and text.isdigit() and least <= int(text) <= _LONGEST):
        raise argparse.ArgumentTypeError(
            "%r is not between %d and %d days" % (text, least, _LONGEST)
        )
    return int(text)


def today() -> int:
    """The second that this day began with (UTC); SOURCE_DATE_EPOCH stands for now."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = int(given) if given.isascii() and given.isdigit() else int(time.time())
    return now // DAY * DAY
