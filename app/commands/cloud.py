"""`pythings cloud`: a local Pythings Cloud."""

from __future__ import annotations

import sys

from app.cloud.cli.parser import parser
from app.cloud.errors import CloudError

_FAILED = 1
_HELP = ("-h", "--help")


def main(argv: list[str]) -> int:
    """Run the subcommand that `argv` asks for, or serve; return the exit status."""
    if not argv or (argv[0].startswith("-") and argv[0] not in _HELP):
        argv = ["serve", *argv]
    args = parser().parse_args(argv)
    try:
        args.run(args)
    except CloudError as error:
        sys.stderr.write(f"pythings cloud: {error}\n")
        return _FAILED
    return 0
