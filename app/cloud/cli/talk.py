"""The subcommands for messages, replies, readings and events."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from app.cloud.caller import part
from app.cloud.cli.actions import connected, show, text_of, value_of
from app.cloud.cli.table import moment, width
from app.cloud.cli.things import Row
from app.cloud.client import AdminClient
from app.cloud.errors import CloudFailure

_WAIT_S = 20  # of one call
_TIMES = ("queued", "delivered", "received")


def message(args: argparse.Namespace) -> None:
    """Queue a message for a Thing's app."""
    with connected(args) as client:
        mid = client.send_message(args.tid, value_of(" ".join(args.message)))
        _queued(args, client, mid)


def command(args: argparse.Namespace) -> None:
    """Queue Python source."""
    with connected(args) as client:
        mid = client.send_command(args.tid, args.source)
        _queued(args, client, mid)


def _queued(args: argparse.Namespace, client: AdminClient, mid: str) -> None:
    if args.wait:
        client.send("POST", f"things/{part(args.tid)}/attention")
        row = client.reply(args.tid, mid, args.timeout)
        show(args, row, [text_of(row["reply"])])
    else:
        show(args, {"mid": mid}, [f"Queued as {mid}"])


def cancel(args: argparse.Namespace) -> None:
    """Take back queued messages."""
    with connected(args) as client:
        gone = client.cancel(args.tid, args.mid)
    show(args, {"cancelled": gone}, [f"Cancelled: {', '.join(gone) or 'nothing was queued'}"])
    missing = [mid for mid in args.mid if mid not in gone]
    if missing:
        raise CloudFailure(f"Not queued, or not any more: {', '.join(missing)}.")


def messages(args: argparse.Namespace) -> None:
    """List messages and replies."""
    with connected(args) as client:
        rows = client.messages(args.tid)
    show(args, rows, (line for row in rows for line in _message_lines(row)))


def _message_lines(row: Row) -> Iterator[str]:
    """Yield two lines: its id and times, its text and the reply."""
    times = (f"{name} {moment(row[name])}" for name in _TIMES if row[name] is not None)
    yield f"{row['mid']}  {row['type']}  {', '.join(times)}"
    reply = f"  ->  {text_of(row['reply'])}" if row["status"] == "received" else ""
    yield f"  {text_of(row['msg'])}{reply}"


def data(args: argparse.Namespace) -> None:
    """List readings."""
    with connected(args) as client:
        rows = client.readings(args.tid, args.last)
    show(args, rows, [f"{moment(row['ts'])}  {text_of(row['msg'])}" for row in rows])


def watch(args: argparse.Namespace) -> None:
    """Print events as they arrive, a line (or JSON object) for each, until Ctrl-C."""
    most, shown = width(), 0
    with connected(args) as client:
        rows = client.events(newest=max(args.last, 1), tid=args.tid)
        after = rows[-1]["id"] if rows else 0
        rows = rows if args.last else []
        while True:
            for row in rows:
                if args.what and row["what"] not in args.what:
                    continue
                show(args, row, [_event_line(row)], most)
                shown += 1
                if shown == args.count:
                    return
            rows = client.events(after, _WAIT_S, args.tid)
            after = rows[-1]["id"] if rows else after


def _event_line(row: Row) -> str:
    status = "" if row["status"] == 200 else f"{row['status']} "
    what = f"{row['what']:<10}"
    return f"{moment(int(row['time']))}  {row['tid'] or '-'}  {what}  {status}{row['summary']}"
