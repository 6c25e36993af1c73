"""The command line of `pythings cloud alarm`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.cloud.cli import alarms
from app.cloud.cli.rollouts_parser import seconds

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]
    _Leaf = Callable[..., argparse.ArgumentParser]
    _Group = Callable[[_Commands, str, str], _Commands]


def add_alarms(commands: _Commands, group: _Group, leaf: _Leaf) -> None:
    """Add the subcommands, made by `group` and `leaf`."""
    alarm = group(commands, "alarm", "send e-mail or call a webhook when a Thing needs somebody")
    it = leaf(alarm, "add", alarms.alarm_add, "watch the Things of a pool")
    it.add_argument("aid")
    it.add_argument("pool")
    _add_condition(it)
    _add_target(it)
    it = leaf(alarm, "list", alarms.alarm_list, "list alarms, newest first")
    it.add_argument("--app", dest="aid", metavar="AID", help="only of this app")
    it.add_argument("--raised", action="store_true", help="the Things for which they are raised")
    it = leaf(alarm, "ack", alarms.alarm_acknowledge, "say that it was seen, by you")
    it.add_argument("id", type=int)
    it.add_argument("tid", nargs="?", metavar="TID", help="for one Thing (all)")
    for name, run, text in (
        ("show", alarms.alarm_show, "show an alarm, its Things and its last events"),
        ("test", alarms.alarm_test, "send a test"),
        ("pause", alarms.alarm_set, "watch no more for now"),
        ("resume", alarms.alarm_set, "watch again; try at once to deliver what waits"),
        ("remove", alarms.alarm_remove, "remove an alarm, with its events"),
    ):
        it = leaf(alarm, name, run, text)
        it.add_argument("id", type=int)
        it.set_defaults(active=name == "resume")


def _add_condition(it: argparse.ArgumentParser) -> None:
    kind = it.add_mutually_exclusive_group(required=True)
    kind.add_argument(
        "--offline", type=seconds, metavar="TIME", help="no management call for 10min, 1h, 7d"
    )
    for name in ("over", "under"):
        kind.add_argument(
            f"--{name}",
            nargs=2,
            metavar=("FIELD", "NUMBER"),
            help=f"a field of its newest reading is {name} a number; a name, or a JSON Pointer",
        )
    kind.add_argument(
        "--taken-back", action="store_true", help="it went back from an app or an OS release"
    )
    it.add_argument(
        "--for",
        dest="lasting",
        type=seconds,
        default=0.0,
        metavar="TIME",
        help="that it has to last first, but for --offline (0s)",
    )
    it.add_argument("--back", metavar="NUMBER", help="at which it is well again (the NUMBER)")
    it.add_argument(
        "--settle",
        type=seconds,
        default=60.0,
        metavar="TIME",
        help="all has to be well so long before that is told: a Thing that goes to and fro is"
        " told once (60s)",
    )


def _add_target(it: argparse.ArgumentParser) -> None:
    target = it.add_mutually_exclusive_group(required=True)
    target.add_argument("--mail", metavar="ADDRESS", help="send e-mail, by `serve --smtp`")
    target.add_argument("--webhook", metavar="URL", help="call https://...; never shown again")
    target.add_argument(
        "--webhook-file", type=Path, metavar="FILE", help="its first line is the URL"
    )
    it.add_argument(
        "--secret-file",
        type=Path,
        metavar="FILE",
        help=f"its first line signs the calls; or {alarms.SECRET}; else one is made, shown once",
    )
