"""The command line of `pythings cloud message`, `command`, `messages`, `data` and `watch`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.cloud.cli import talk

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]
    _Leaf = Callable[..., argparse.ArgumentParser]

_MOST = 1000  # of one page


def add_talk(commands: _Commands, leaf: _Leaf) -> None:
    """Add the subcommands, made by `leaf`."""
    it = leaf(commands, "message", talk.message, "queue a message for a Thing's app")
    _add_wait(it)
    it.add_argument("tid")
    it.add_argument("message", nargs="+", help="JSON, or else text; words are joined by a blank")
    it = leaf(commands, "command", talk.command, "queue Python source for a Thing to run")
    _add_wait(it)
    it.add_argument("tid")
    it.add_argument("source")
    it = leaf(commands, "cancel", talk.cancel, "take back what is queued for a Thing")
    it.add_argument("tid")
    it.add_argument("mid", nargs="*", help="only these (default: all that is queued)")
    it = leaf(commands, "messages", talk.messages, "list a Thing's messages and replies")
    it.add_argument("tid")
    it = leaf(commands, "data", talk.data, "list what a Thing's worker sent; times are in UTC")
    it.add_argument("tid")
    it.add_argument("--last", type=_count, default=20, help="how many (%(default)s)")
    it = leaf(commands, "watch", talk.watch, "show what arrives from Things, as it arrives")
    it.add_argument("tid", nargs="?", help="only from this Thing")
    it.add_argument("--what", action="append", help="only such calls, as worker; can be repeated")
    it.add_argument("--last", type=_count, default=0, help="begin with so many that were before")
    it.add_argument("--count", type=_count, default=0, help="end after so many (default: Ctrl-C)")


def _add_wait(leaf: argparse.ArgumentParser) -> None:
    leaf.add_argument("--wait", action="store_true", help="until the reply is there, and print it")
    leaf.add_argument(
        "--timeout", type=_seconds, default=300, metavar="S", help="with --wait (%(default)s s)"
    )


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _MOST):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to {_MOST}")
    return int(text)


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return int(text)
