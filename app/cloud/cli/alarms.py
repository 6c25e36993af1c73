"""The subcommands on alarms: add, list, show, test, pause, resume, remove."""

from __future__ import annotations

import argparse
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.cloud.cli.actions import connected, show
from app.cloud.cli.people import password_of
from app.cloud.cli.table import Column, age, moment, table, width
from app.cloud.errors import CloudFailure

Row = dict[str, Any]

SECRET = "PYTHINGS_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable
_BYTES = 32  # of a secret that is made
_SHOWN = 20  # events

_LIST = (
    Column("ID"),
    Column("STATE"),
    Column("POOL", drop=2, least=8),
    Column("RULE", least=16),
    Column("TO", drop=3, least=12),
    Column("THINGS"),
    Column("WAITING", drop=1),
)
_THINGS = (
    Column("THING"),
    Column("CONDITION", least=10),
    Column("SINCE"),
    Column("SEEN BY", drop=1),
)
_RAISED = (
    Column("ALARM"),
    Column("THING", least=8),
    Column("SINCE"),
    Column("POOL", drop=2, least=8),
    Column("RULE", least=16),
    Column("SEEN BY", drop=1),
)
_EVENTS = (
    Column("TIME"),
    Column("CHANGE"),
    Column("THING", least=8),
    Column("DETAIL", drop=2, least=12),
    Column("SENT", drop=1),
)


def alarm_add(args: argparse.Namespace) -> None:
    """Add an alarm to a pool."""
    wish, made = _wish(args), ""
    if "webhook" in wish:
        wish["secret"], made = _secret(args.secret_file)
    elif args.secret_file:
        raise CloudFailure("--secret-file is for a webhook.")
    with connected(args) as client:
        it = client.add_alarm(args.aid, args.pool, **wish)
    lines = list(_lines(it))
    if made:
        lines.append(f"The secret that signs its calls, shown this once: {made}")
    show(args, {**it, "secret": made} if made else it, lines)


def _wish(args: argparse.Namespace) -> Row:
    wish: Row = {"settle_s": args.settle, "for_s": args.lasting}
    if args.offline is not None:
        if args.lasting:
            raise CloudFailure("--for is not for --offline, which has a time of its own.")
        wish.update(kind="offline", for_s=args.offline)
    elif args.taken_back:
        wish.update(kind="taken_back")
    else:
        kind = "over" if args.over else "under"
        name, number = args.over or args.under
        wish.update(kind=kind, field=name, limit=_number(number))
    if args.back is not None:
        wish.update(back=_number(args.back))
    if args.mail:
        return {**wish, "mail": args.mail}
    return {**wish, "webhook": args.webhook or _first_line(args.webhook_file)}


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise CloudFailure(f"{text!r} is no number.") from error


def _secret(file: Path | None) -> tuple[str, str]:
    """Return the secret, of a file or the environment; or one that is made, twice."""
    given = _first_line(file) if file else os.environ.get(SECRET, "")
    if given:
        return given, ""
    made = secrets.token_urlsafe(_BYTES)
    return made, made


def _first_line(file: Path) -> str:
    return password_of(file, "")


def alarm_list(args: argparse.Namespace) -> None:
    """List alarms, newest first; or the Things for which they are raised."""
    with connected(args) as client:
        found = client.raised_alarms(args.aid) if args.raised else client.alarms(args.aid)
    if args.raised:
        now = time.time()
        rows = [_raised_cells(row, now) for row in found]
        show(args, found, table(_RAISED, rows, width()) if rows else ["No alarm is raised."])
        return
    rows = [_cells(it) for it in found]
    show(args, found, table(_LIST, rows, width()) if rows else ["There is no alarm."])


def alarm_show(args: argparse.Namespace) -> None:
    """Show an alarm, the Things for which it is raised, and its last events."""
    with connected(args) as client:
        it = client.alarm(args.id)
        things, events = client.alarm_things(args.id), client.alarm_events(args.id, _SHOWN)
    now, lines = time.time(), list(_lines(it))
    if things:
        rows = [
            (row["tid"], row["mark"], age(row["since"], now), row["seen_by"] or "")
            for row in things
        ]
        lines += ["", *table(_THINGS, rows, width())]
    if events:
        lines += ["", *table(_EVENTS, [_event_cells(row) for row in events], width())]
    show(args, {**it, "things": things, "events": events}, lines)


def alarm_test(args: argparse.Namespace) -> None:
    """Send a test."""
    with connected(args) as client:
        it = client.test_alarm(args.id)
    show(args, it, [f"A test is on its way to {it['to']}: `pythings cloud alarm show {args.id}`"])


def alarm_set(args: argparse.Namespace) -> None:
    """Pause or resume an alarm."""
    with connected(args) as client:
        it = client.set_alarm(args.id, args.active)
    show(args, it, _lines(it))


def alarm_acknowledge(args: argparse.Namespace) -> None:
    """Say that an alarm was seen, for a Thing or for all for which it is raised."""
    with connected(args) as client:
        count = client.acknowledge(args.id, args.tid)
    line = f"Alarm {args.id} is acknowledged for {count} Things"
    show(args, {"things": count}, [line if count else "There was none to acknowledge."])


def alarm_remove(args: argparse.Namespace) -> None:
    """Remove an alarm."""
    with connected(args) as client:
        client.remove_alarm(args.id)
    show(args, {"id": args.id}, [f"Alarm {args.id} is removed, with its events"])


def _lines(it: Row) -> Iterator[str]:
    yield f"Alarm {it['id']}: {_state(it)}"
    yield f"  rule      {it['rule']}; well again for {it['settle_s']:.0f} s"
    yield f"  pool      {it['pool']} of {it['aid']}"
    yield f"  to        {it['means']} {it['to']}"
    yield f"  made      {moment(it['made'])} by {it['by']}"
    if it["waiting"]:
        yield f"  waiting   {it['waiting']} events to deliver"
    if it["failures"]:
        yield f"  failed    {it['failures']} times in a row: {it['error']}"


def _state(it: Row) -> str:
    if not it["active"]:
        return "paused"
    return f"raised for {it['raised']} Things" if it["raised"] else "all is well"


def _cells(it: Row) -> tuple[str, ...]:
    state = "paused" if not it["active"] else "raised" if it["raised"] else "well"
    things, waiting = str(it["raised"]), str(it["waiting"] or "")
    return (str(it["id"]), state, it["pool"], it["rule"], it["to"], things, waiting)


def _raised_cells(row: Row, now: float) -> tuple[str, ...]:
    rule = row["rule"] if row["active"] else f"paused: {row['rule']}"
    since, by = age(row["since"], now), row["seen_by"] or ""
    return (str(row["alarm"]), row["tid"], since, row["pool"], rule, by)


def _event_cells(row: Row) -> tuple[str, ...]:
    sent = "" if row["sent"] is None else moment(row["sent"])
    state = sent or ("waiting" if row["waits"] else "given up")
    return (moment(row["time"]), row["change"], row["tid"], row["detail"], state)
