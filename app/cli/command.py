"""`pythings command`: what a Thing executes because its owner has signed it."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from adapters.linux import inputs
from app.cli.keys import ask, folder
from app.cli.parsing import DAY, days
from build.release import commandsign
from build.release.keystore import KeyStore
from build.release.signing import ReleaseError

_SIGN = """\
Write a command with the id of its Thing, a number that only grows, when it expires, and signatures
of an app key (a release key, where there are no app keys) of the list that the Thing trusts. Send
it as any other, by any Pythings Cloud: it is Python source. A Thing whose parameter `commands` is
`signed` executes nothing else, and each once.
"""
_LONGEST = 10**12
_LONGEST_SOURCE = 1 << 16


def main(argv: list[str]) -> int:
    """Sign a command and print it; gives 0, or 1 if it cannot be done."""
    parser = argparse.ArgumentParser(prog="pythings command", description=main.__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    sign = actions.add_parser("sign", help="sign a command for a Thing", description=_SIGN)
    sign.add_argument(
        "file",
        metavar="FILE",
        help="Python source, or a command of the debug shell (:state); -: from standard input",
    )
    sign.add_argument("--tid", required=True, help="the Thing's id")
    sign.add_argument(
        "--expires",
        metavar="DAYS",
        type=lambda text: days(text, 1),
        default=7,
        help="how long the Thing may take it, from now on (%(default)s)",
    )
    sign.add_argument(
        "--number",
        type=_number,
        help="a Thing takes none up to that of the last one (default: the hundredths of a second"
        " since 1970)",
    )
    sign.add_argument("--keys", metavar="DIR", help="the folder of keys (~/.pythings-keys)")
    sign.add_argument(
        "--key", type=Path, action="append", default=[], help="a key that is elsewhere"
    )
    options = parser.parse_args(argv)
    try:
        text = _sign(options)
    except (ReleaseError, OSError) as error:
        sys.stderr.write("pythings command: %s\n" % inputs.reason(error))
        return 1
    sys.stdout.write(text)
    return 0


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < _LONGEST):
        raise argparse.ArgumentTypeError("%r is no number from 1 on" % text)
    return int(text)


def _sign(options: argparse.Namespace) -> str:
    if options.file == "-":
        source = inputs.typed(_LONGEST_SOURCE)
    else:
        source = inputs.text(options.file, _LONGEST_SOURCE)
    store = KeyStore(folder(options.keys), ask)
    keys = store.current()
    signers = store.signers(keys, commandsign.role(keys), options.key)
    now = time.time()
    expires = int(now) + options.expires * DAY
    return commandsign.command(
        options.tid, options.number or int(now * 100), expires, source, signers
    )
