"""The signed OS of boards, and the options for it: `pythings release`, of boards or of all."""

from __future__ import annotations

import argparse
from pathlib import Path

from app import place
from app.cli.keys import ask, folder
from app.cli.parsing import DAY, days, today
from build.release.earlier import earlier, numbers
from build.release.folder import ReleasePlan
from build.release.keystore import KeyStore
from build.release.signing import ReleaseError


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that both forms of the command have."""
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


def make(options: argparse.Namespace) -> dict[str, dict[str, bytes]]:
    """Make the folders' files of all boards, by board. Raise `ReleaseError`."""
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
    return made


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
