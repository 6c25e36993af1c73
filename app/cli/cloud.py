"""`pythings cloud`: a local Pythings Cloud."""

from __future__ import annotations

import sys

from adapters.linux.console import printable
from app.cloud.cli.parser import parser
from app.cloud.errors import CloudFailure
from app.cloud.values import NotUnicode, check_text

_FAILED = 1
_WITH_VALUE = ("--data", "--url", "--token-file", "--ca")
_HELP = ("-h", "--help")


def main(argv: list[str]) -> int:
    """Run the subcommand in `argv`, by default `serve`; return the exit status."""
    at = _common(argv)
    if at == len(argv) or (argv[at].startswith("-") and argv[at] not in _HELP):
        argv = [*argv[:at], "serve", *argv[at:]]
    try:
        _check_texts(argv)
        args = parser().parse_args(argv)
        args.run(args)
    except CloudFailure as error:
        sys.stderr.write(f"pythings cloud: {printable(str(error))}\n")
        return _FAILED
    return 0


def _check_texts(argv: list[str]) -> None:
    """Refuse arguments with invalid bytes, which could be stored and never be shown again."""
    for text in argv:
        try:
            check_text(text)
        except NotUnicode as error:
            shown = text.encode("utf-8", "backslashreplace").decode()
            raise CloudFailure(
                f"An argument {error}: {shown}. Type it in the encoding of this terminal, UTF-8"
                " for most."
            ) from error


def _common(argv: list[str]) -> int:
    """Count the leading arguments that may precede any subcommand."""
    at = 0
    while at < len(argv):
        if argv[at] in _WITH_VALUE and at + 1 < len(argv):
            at += 2
        elif argv[at] == "--json" or argv[at].startswith(tuple(f"{it}=" for it in _WITH_VALUE)):
            at += 1
        else:
            break
    return at
