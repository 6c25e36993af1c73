"""The subcommands on Things: the fleet's numbers, lists, settings, sessions, identities."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Iterator
from typing import Any

from app.cloud.cli.actions import connected, show
from app.cloud.cli.table import Column, age, moment, table, width

Row = dict[str, Any]

STATES = ("run", "trouble", "offline", "new")
_LIST = (
    Column("THING"),
    Column("STATE"),
    Column("HEARD", drop=7),
    Column("APP", drop=1, least=8),
    Column("POOL", drop=4, least=11),
    Column("VERSION", drop=6, least=6),
    Column("OS", drop=3, least=6),
    Column("PLATFORM", drop=2, least=7),
    Column("TROUBLE", drop=8, least=24),
)
_POOLS = (Column("APP", least=8), Column("POOL", least=8)) + tuple(
    Column(state.upper()) for state in STATES
)
_APP_VERSIONS = (Column("APP", least=8), Column("VERSION", least=8), Column("THINGS"))
_OS_VERSIONS = (Column("OS", least=8), Column("THINGS"))
_STATUSES = ("worker", "management", "pythings")


def fleet(args: argparse.Namespace) -> None:
    """Count Things by state, pool and version."""
    with connected(args) as client:
        it = client.fleet(**_filters(args))
    show(args, it, _fleet_lines(it, width()))


def thing_list(args: argparse.Namespace) -> None:
    """List Things."""
    with connected(args) as client:
        things = client.things(args.sort, **_filters(args))
    now = time.time()
    rows = [_cells(thing, now) for thing in things]
    lines = table(_LIST, rows, width()) if rows else ["There is no such Thing."]
    if any(thing["identity"]["waiting"] for thing in things):
        lines.append("Refused ones that are yours: pythings cloud thing show TID says how.")
    show(args, things, lines)


def thing_show(args: argparse.Namespace) -> None:
    """Show all that is known of one Thing."""
    with connected(args) as client:
        thing = client.thing(args.tid)
    show(args, thing, thing_lines(thing, time.time()))


def thing_expire(args: argparse.Namespace) -> None:
    """End a Thing's sessions."""
    with connected(args) as client:
        ended = client.expire(args.tid)
    show(args, {"ended": ended}, [f"Sessions ended: {ended}"])


def thing_admit(args: argparse.Namespace) -> None:
    """Take another identity for a Thing."""
    with connected(args) as client:
        thing = client.admit(args.tid, args.identity)
    show(args, thing, thing_lines(thing, time.time()))


def thing_lines(thing: Row, now: float) -> Iterator[str]:
    """Yield all that is known of a Thing, a line for each fact."""
    heard = thing["last_contact"]
    when = "never heard of" if heard is None else f"heard {age(heard, now)} ago, {moment(heard)}"
    yield f"{thing['tid']}  {thing['state']}, {when}"
    yield f"  app       {thing['app']} ({thing['aid']}), pool {thing['pool']}"
    wanted = ", ".join(str(thing["settings"].get(f"{it}_version")) for it in ("app", "pythings"))
    yield (
        f"  versions  app {thing['app_version']}, OS {thing['pythings_version']} on"
        f" {thing['platform'] or 'an unknown platform'}; wanted: {wanted}"
    )
    if thing["tags"]:
        yield f"  tags      {', '.join(thing['tags'])}"
    for name in _STATUSES:
        if thing[name]:
            at = thing[f"{name}_at"]
            yield f"  {name:<9} {thing[name]}" + (f"  ({age(at, now)} ago)" if at else "")
    yield f"  identity {thing['identity']['pinned'] or 'none yet'}"
    for row in thing["identity"]["waiting"]:
        yield f"  REFUSED {row['count']} times: identity {row['identity']}, {moment(row['last'])}"
    if thing["identity"]["waiting"]:
        yield "  if two Things have this id: give one of them another, in its file tid"
        yield f"  if it is this one, reinstalled: pythings cloud thing admit {thing['tid']}"
    kind = "its own" if thing["custom"] else "of its pool"
    yield f"  settings  {kind}: {json.dumps(thing['settings'], ensure_ascii=False)}"


def _filters(args: argparse.Namespace) -> dict[str, Any]:
    names = ("aid", "pool", "state", "text", "tag", "platform", "app_version", "pythings_version")
    return {name: getattr(args, name) for name in names if getattr(args, name) is not None}


def _cells(thing: Row, now: float) -> tuple[str, ...]:
    return (
        thing["tid"],
        thing["state"],
        age(thing["last_contact"], now),
        thing["app"],
        thing["pool"],
        thing["app_version"] or "",
        thing["pythings_version"] or "",
        thing["platform"] or "",
        _trouble(thing),
    )


def _trouble(thing: Row) -> str:
    """Return the reason why a Thing is in trouble; statuses of a silent one are out of date."""
    count = sum(row["count"] for row in thing["identity"]["waiting"])
    if count:
        return f"refused {count} times: another identity"
    if thing["state"] == "offline" and not thing["active"]:
        return "session ended"
    statuses = (thing[name] or "" for name in _STATUSES)
    failures = (text.removeprefix("KO: ") for text in statuses if text.startswith("KO"))
    return next(failures, "")


def _fleet_lines(it: Row, most: int) -> list[str]:
    states = it["states"]
    lines = [
        f"{it['total']} Things: {states['run']} in run, {states['trouble']} in trouble,"
        f" {states['offline']} off line, {states['new']} new"
    ]
    for columns, rows in (
        (_POOLS, _by_pool(it["pools"])),
        (_APP_VERSIONS, [(r["app"], r["version"] or "?", r["things"]) for r in it["app_versions"]]),
        (_OS_VERSIONS, [(r["version"] or "?", r["things"]) for r in it["os_versions"]]),
    ):
        if rows:
            lines += ["", *table(columns, [[str(cell) for cell in row] for row in rows], most)]
    return lines


def _by_pool(rows: Iterable[Row]) -> list[tuple[object, ...]]:
    found: dict[tuple[str, str, str], dict[str, int]] = {}
    for row in rows:
        counts = found.setdefault((row["app"], row["aid"], row["pool"]), dict.fromkeys(STATES, 0))
        counts[row["state"]] = row["things"]
    return [(app, pool, *counts.values()) for (app, _, pool), counts in sorted(found.items())]
