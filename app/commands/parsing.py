"""The argument parsers of the commands: alike, with a text of their own below the options."""

from __future__ import annotations

import argparse


def command_parser(name: str, description: str, epilog: str) -> argparse.ArgumentParser:
    """The parser of `pythings NAME`; line ends are kept."""
    return argparse.ArgumentParser(
        prog="pythings " + name,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
