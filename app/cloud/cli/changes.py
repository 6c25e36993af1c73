"""The subcommands that change or remove Things, one or many, named or by patterns of their ids."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Sequence

from adapters.linux.console import printable
from app.cloud.caller import part
from app.cloud.cli.actions import assigned, connected, settings_given, show
from app.cloud.cli.things import Row, thing_lines
from app.cloud.client import AdminClient
from app.cloud.errors import CloudFailure

_SHOWN = 10  # ids of many


def thing_set(args: argparse.Namespace) -> None:
    """Change settings of Things, or move them."""
    names = _ids(args)
    with connected(args) as client:
        before = _found(client, names)
        for aid in sorted({args.app or row["aid"] for row in before}):
            settings = settings_given(args, client, aid)
        after = client.set_things(
            [row["tid"] for row in before],
            settings,
            remove=args.remove,
            custom=False if args.pool_settings else None,
            aid=args.app,
            pool=args.pool,
            tag=args.tag,
            untag=args.untag,
        )
        if "app_version" not in settings:
            _tell_versions(client, before, after)
    if len(names) == 1 and not _is_pattern(names[0]):
        show(args, after[0], thing_lines(after[0], time.time()))
    else:
        show(args, after, [f"{len(after)} Things changed: {_some(row['tid'] for row in after)}"])


def thing_remove(args: argparse.Namespace) -> None:
    """Delete Things with their messages and readings."""
    with connected(args) as client:
        rows = _found(client, args.tids)
        tids = [row["tid"] for row in rows]
        if not args.yes:
            _confirm(rows)
        readings = 0
        for done, tid in enumerate(tids):
            try:
                readings += client.remove_thing(tid)
            except CloudFailure as error:
                raise CloudFailure(f"{error} {done} of {len(tids)} Things are removed.") from error
    lines = [f"{len(tids)} Things removed, with {readings} readings: {_some(tids)}"]
    lines.append("One that still runs registers again, as a new one of its pool by default.")
    show(args, {"removed": tids, "readings": readings}, lines)


def thing_replace(args: argparse.Namespace) -> None:
    """Let other hardware go on in the place of a Thing."""
    with connected(args) as client:
        path = f"things/{part(args.tid)}/replacement"
        thing = client.send("POST", path, by=args.by, force=args.force)
    show(args, thing, thing_lines(thing, time.time()))


def _ids(args: argparse.Namespace) -> list[str]:
    """Take the settings out of the words of the command line; return the ids before them."""
    count = next((at for at, word in enumerate(args.words) if at and "=" in word), len(args.words))
    args.settings = [assigned(word) for word in args.words[count:]]
    return list(args.words[:count])


def _is_pattern(name: str) -> bool:
    return "*" in name or "?" in name


def _found(client: AdminClient, names: Iterable[str]) -> list[Row]:
    """Return the Things of these ids and patterns, each once."""
    found: dict[str, Row] = {}
    for name in names:
        rows = client.things(match=name) if _is_pattern(name) else [client.thing(name)]
        if not rows:
            raise CloudFailure(f"No Thing's id is like {name}; see `pythings cloud thing list`.")
        found.update((row["tid"], row) for row in rows)
    return list(found.values())


def _some(tids: Iterable[str]) -> str:
    names = list(tids)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _confirm(rows: Sequence[Row]) -> None:
    if not sys.stdin.isatty():
        raise CloudFailure("There is no terminal to ask on: give --yes to remove them.")
    alive = sum(row["state"] in ("run", "trouble") for row in rows)
    text = f"Remove {len(rows)} Things ({alive} of them on line): {_some(r['tid'] for r in rows)}"
    if input(f"{printable(text)}, with all their readings? [y/N] ").strip().lower() != "y":
        raise CloudFailure("Nothing was removed.")


def _tell_versions(client: AdminClient, before: Sequence[Row], after: Sequence[Row]) -> None:
    """Say on stderr which Things go to another version of the app by where they are now."""
    seen = set()
    orders = {app["aid"]: app["versions"] for app in client.apps()}
    for old, new in zip(before, after):
        had, gets = (row["settings"].get("app_version") for row in (old, new))
        moved = old["aid"], old["pool"], new["aid"], new["pool"], had, gets
        if had == gets or (old["aid"], old["pool"]) == (new["aid"], new["pool"]) or moved in seen:
            continue
        seen.add(moved)
        order = orders.get(new["aid"], [])
        text = f"{new['tid']} goes from version {had} to {gets}, as {new['pool']} has it."
        if old["aid"] == new["aid"] and had in order and order.index(had) > order.index(gets):
            text += (
                f" That is an older one; the other is brought there by: pythings cloud app promote"
                f" {new['aid']} {old['pool']} {new['pool']}"
            )
        sys.stderr.write(f"pythings cloud: {printable(text)}\n")
