"""The command line of `pythings cloud rollout`."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.cloud.cli import rollouts

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]
    _Leaf = Callable[..., argparse.ArgumentParser]
    _Group = Callable[[_Commands, str, str], _Commands]

_UNITS = {"": 1, "s": 1, "min": 60, "h": 3600, "d": 86400}  # seconds
_CHANGES = (
    ("pause", "ask no further Things for now"),
    ("resume", "go on; after a halt without the Things in trouble"),
    ("abort", "end it: Things that were asked keep its version, others the pool's"),
    ("rollback", "ask all Things of the pool for the version before"),
)


def add_rollouts(commands: _Commands, group: _Group, leaf: _Leaf) -> None:
    """Add the subcommands, made by `group` and `leaf`."""
    rollout = group(commands, "rollout", "roll a version out to a share of a pool first")
    it = leaf(rollout, "start", rollouts.rollout_start, "start a rollout in a pool")
    it.add_argument("aid")
    it.add_argument("pool", help="one that does not follow each commit, as staging or production")
    version = it.add_mutually_exclusive_group(required=True)
    version.add_argument("--app", metavar="VERSION", help="a version of the app")
    version.add_argument("--os", metavar="VERSION", help="an OS release that this cloud serves")
    _add_plan(it)
    it = leaf(rollout, "list", rollouts.rollout_list, "list rollouts, newest first")
    it.add_argument("--app", dest="aid", metavar="AID", help="only of this app")
    it = leaf(rollout, "show", rollouts.rollout_show, "show a rollout, and what each Thing did")
    it.add_argument("id", type=int)
    for change, text in _CHANGES:
        it = leaf(rollout, change, rollouts.rollout_change, text)
        it.add_argument("id", type=int)
        it.set_defaults(change=change)
        if change == "rollback":
            it.add_argument("--to", metavar="VERSION", help="another version than the one before")


def _add_plan(it: argparse.ArgumentParser) -> None:
    it.add_argument(
        "--share",
        type=_shares,
        metavar="PERCENTS",
        help="of the pool, stage by stage (10,50,100; with --thing or --tag 100)",
    )
    it.add_argument(
        "--thing",
        action="append",
        default=[],
        metavar="TID",
        help="a Thing of a first stage before these; can be repeated",
    )
    it.add_argument("--tag", metavar="WORD", help="the Things with this tag in that first stage")
    it.add_argument(
        "--within",
        type=seconds,
        default=3600.0,
        metavar="TIME",
        help="the time for a stage, and for a Thing to confirm: 90s, 10min, 1h, 7d (1h)",
    )
    it.add_argument(
        "--confirm",
        type=_percent,
        default=90,
        metavar="PERCENT",
        help="that have to confirm before it goes on (%(default)s)",
    )
    it.add_argument(
        "--trouble",
        type=_percent,
        default=10,
        metavar="PERCENT",
        help="that may take it back, fail, or be silent or late: more halt it (%(default)s)",
    )


def _percent(text: str) -> int:
    if not re.fullmatch("[0-9]{1,3}%?", text) or int(text.rstrip("%")) > 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no percentage")
    return int(text.rstrip("%"))


def _shares(text: str) -> list[int]:
    return [_percent(share.strip()) for share in text.split(",")]


def seconds(text: str) -> float:
    """Return the seconds of a time as 90s, 10min, 1h, 7d; raises ArgumentTypeError."""
    found = re.fullmatch(r"([0-9]{1,9})\s*([a-z]*)", text)
    if not found or found[2] not in _UNITS:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: 90s, 10min, 1h, 7d")
    return float(found[1]) * _UNITS[found[2]]
