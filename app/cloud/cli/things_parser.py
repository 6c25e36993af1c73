"""The command line of `pythings cloud fleet` and `thing`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.cloud.cli import changes, things

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]
    _Leaf = Callable[..., argparse.ArgumentParser]
    _Group = Callable[[_Commands, str, str], _Commands]

SORTS = (
    *("id", "tid", "state", "last_contact", "app", "pool", "platform"),
    *("app_version", "pythings_version"),
)


def add_things(
    commands: _Commands,
    group: _Group,
    leaf: _Leaf,
    add_changes: Callable[[argparse.ArgumentParser], None],
) -> None:
    """Add the subcommands, made by `group` and `leaf`."""
    it = leaf(commands, "fleet", things.fleet, "count Things by state, pool and version")
    _add_filters(it)
    thing = group(commands, "thing", "list and change Things")
    it = leaf(thing, "list", things.thing_list, "list Things, as wide as the terminal")
    _add_filters(it)
    it.add_argument(
        "--sort",
        default="id",
        type=_sort,
        metavar="COLUMN",
        help=f"{', '.join(SORTS)}; after a - downwards, as --sort=-last_contact (%(default)s)",
    )
    it = leaf(thing, "show", things.thing_show, "show all that is known of one Thing")
    it.add_argument("tid")
    it = leaf(thing, "set", changes.thing_set, "give Things settings of their own, or move them")
    it.add_argument(
        "words",
        nargs="+",
        metavar="TID|KEY=VALUE",
        help="ids, or patterns of ids with * and ?; then settings, JSON or else text",
    )
    add_changes(it)
    it.add_argument("--pool-settings", action="store_true", help="back to those of their pool")
    it.add_argument("--app", metavar="AID", help="move them to this app")
    it.add_argument("--pool", help="move them to this pool")
    it.add_argument("--tag", action="append", default=[], metavar="WORD", help="add a tag")
    it.add_argument("--untag", action="append", default=[], metavar="WORD", help="drop a tag")
    it = leaf(thing, "remove", changes.thing_remove, "delete Things with all that they left")
    it.add_argument("tids", nargs="+", metavar="TID", help="ids, or patterns with * and ?")
    it.add_argument("--yes", action="store_true", help="do not ask")
    it = leaf(thing, "replace", changes.thing_replace, "let other hardware go on in its place")
    it.add_argument("tid", metavar="OLD")
    it.add_argument("by", metavar="NEW", help="which has registered, or will")
    it.add_argument("--force", action="store_true", help="also if OLD is on line")
    it = leaf(thing, "admit", things.thing_admit, "take another identity for a Thing")
    it.add_argument("tid")
    it.add_argument(
        "identity", nargs="?", help="which, if several wait; `none`: any, the next is pinned"
    )
    it = leaf(thing, "expire", things.thing_expire, "end its session: it must register again")
    it.add_argument("tid")


def _add_filters(leaf: argparse.ArgumentParser) -> None:
    for state, text in (
        ("trouble", "that report a failure, or wait for the owner"),
        ("offline", "that are silent for longer than their intervals allow"),
    ):
        leaf.add_argument(
            f"--{state}",
            dest="state",
            action="store_const",
            const=state,
            help=f"only those {text}",
        )
    leaf.add_argument("--state", choices=things.STATES, help="only those in this state")
    leaf.add_argument("--app", dest="aid", metavar="AID", help="only of this app")
    leaf.add_argument("--pool", help="only of this pool")
    leaf.add_argument("--platform", help="only of this platform")
    leaf.add_argument("--version", dest="app_version", help="only with this version of the app")
    leaf.add_argument("--os", dest="pythings_version", help="only with this version of the OS")
    leaf.add_argument("--tag", metavar="WORD", help="only with this tag")
    leaf.add_argument("--text", help="only with this in their ids")


def _sort(text: str) -> str:
    if text.removeprefix("-") not in SORTS:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(SORTS)}")
    return text
