"""The subcommands on rollouts: start, list, show, pause, resume, abort, roll back."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import Any

from app.cloud.cli.actions import connected, show
from app.cloud.cli.table import Column, age, moment, table, width

Row = dict[str, Any]

_LIST = (
    Column("ID"),
    Column("STATE"),
    Column("POOL", drop=3, least=8),
    Column("VERSION", least=8),
    Column("STAGE"),
    Column("THINGS", drop=4, least=16),
    Column("STARTED", drop=2),
    Column("BY", drop=1, least=5),
)
_THINGS = (
    Column("THING"),
    Column("OUTCOME"),
    Column("SINCE", drop=2),
    Column("ASKED", drop=1),
    Column("STATUS", drop=3, least=20),
)
_NEXT = {
    "halted": "`resume` goes on without the Things in trouble, `rollback` takes it back",
    "paused": "`resume` goes on, `rollback` takes it back",
    "aborted": "the Things that have it keep it until the pool's version is set; or `rollback`",
}


def rollout_start(args: argparse.Namespace) -> None:
    """Start a rollout."""
    wish = {"within": args.within, "confirm": args.confirm, "trouble": args.trouble}
    with connected(args) as client:
        it = client.start_rollout(
            args.aid,
            args.pool,
            app=args.app,
            os=args.os,
            shares=args.share,
            things=args.thing,
            tag=args.tag,
            **wish,
        )
    show(args, it, _lines(it, time.time()))


def rollout_list(args: argparse.Namespace) -> None:
    """List rollouts, newest first."""
    with connected(args) as client:
        found = client.rollouts(args.aid)
    now = time.time()
    rows = [_cells(it, now) for it in found]
    show(args, found, table(_LIST, rows, width()) if rows else ["There is no rollout."])


def rollout_show(args: argparse.Namespace) -> None:
    """Show a rollout, and the outcome of each of its Things."""
    with connected(args) as client:
        it = client.rollout(args.id)
        things = client.rollout_things(args.id)
    now = time.time()
    lines = list(_lines(it, now))
    if things:
        lines += ["", *table(_THINGS, [_thing_cells(row, now) for row in things], width())]
    show(args, {**it, "each": things}, lines)


def rollout_change(args: argparse.Namespace) -> None:
    """Pause, resume, abort or roll back a rollout."""
    given = {"to": args.to} if args.change == "rollback" else {}
    with connected(args) as client:
        it = client.change_rollout(args.id, args.change, **given)
    show(args, it, _lines(it, time.time()))


def _lines(it: Row, now: float) -> Iterator[str]:
    """Yield the facts of a rollout, then the next step for a person."""
    state = it["state"].replace("_", " ")
    yield f"Rollout {it['id']}: {state}{': ' if it['reason'] else ''}{it['reason']}"
    yield f"  version   {it['what']} {it['version']}, before it {it['before'] or 'none'}"
    yield f"  pool      {it['pool']} of {it['aid']}"
    yield f"  stage     {_stage(it)}, for {age(it['since'], now)}; all stages: {_shares(it)}"
    yield f"  goes on   with {it['confirm']} % confirmed within {it['within']:.0f} s"
    yield f"  halts     with more than {it['trouble']} % in trouble"
    yield f"  started   {moment(it['started'])} by {it['by']}"
    if it["ended"] is not None:
        yield f"  ended     {moment(it['ended'])}"
    yield f"  Things    {_counts(it)}"
    if it["state"] in _NEXT:
        yield _NEXT[it["state"]]


def _stage(it: Row) -> str:
    return f"{_share(it['shares'][it['stage']])} ({it['stage'] + 1} of {len(it['shares'])})"


def _shares(it: Row) -> str:
    return ", ".join(map(_share, it["shares"]))


def _share(share: int) -> str:
    return f"{share} %" if share else "named"


def _counts(it: Row) -> str:
    counts = (f"{count} {did.replace('_', ' ')}" for did, count in sorted(it["things"].items()))
    return ", ".join(counts) or "none yet"


def _cells(it: Row, now: float) -> tuple[str, ...]:
    version = f"{it['what']} {it['version']}"
    started = age(it["started"], now)
    state = it["state"].replace("_", " ")
    return (str(it["id"]), state, it["pool"], version, _stage(it), _counts(it), started, it["by"])


def _thing_cells(row: Row, now: float) -> tuple[str, ...]:
    did = row["did"].replace("_", " ") + (", excused" if row["excused"] else "")
    return (row["tid"], did, age(row["changed"], now), age(row["asked"], now), row["detail"])
