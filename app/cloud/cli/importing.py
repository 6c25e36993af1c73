"""Subcommand `import`: the apps, Things and readings of the existing cloud."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from adapters.linux import inputs
from app.cloud.cli.actions import show
from app.cloud.cli.remote import must_be_here
from app.cloud.errors import CloudFailure
from app.cloud.folder import DATABASE, claimed

if TYPE_CHECKING:
    from app.cloud.dump.models import Told

_STEP = 10  # percent
_MOST = 50  # lines of each kind; --json has all
_NAMES = {"workermessage": "readings", "commit": "versions"}


def import_dump(args: argparse.Namespace) -> None:
    """Import a dump into the database of a cloud that does not run."""
    must_be_here(args)
    from app.cloud.dump import importer  # slow to load, as the database is
    from app.cloud.store import Store

    try:
        inputs.check(args.file)
        with (
            args.file.open("rb") as file,
            claimed(args.data),
            contextlib.closing(
                Store(args.data / DATABASE, args.store_key, url=args.database)
            ) as store,
        ):
            progress = _Progress(2 * os.fstat(file.fileno()).st_size)
            told = importer.run(
                store,
                file,
                time.time(),
                dry_run=args.dry_run,
                backends=args.backends,
                progress=progress.done,
            )
    except OSError as error:
        raise CloudFailure(f"Cannot read {args.file} ({error.strerror or error}).") from error
    show(args, {"dry_run": args.dry_run, **vars(told)}, _lines(told, args.dry_run))


class _Progress:
    """Lines on stderr, one for each tenth of `size` bytes; the file is read twice."""

    def __init__(self, size: int) -> None:
        self._size = max(size, 1)
        self._next = _STEP

    def done(self, count: int) -> None:
        """Note that so many bytes were read, of both times together."""
        percent = 100 * count // self._size
        if percent >= self._next:
            sys.stderr.write(f"pythings cloud: {percent} % of the dump is read\n")
            self._next = percent - percent % _STEP + _STEP


def _lines(told: Told, dry_run: bool) -> Iterator[str]:
    """Yield lines for a person: the counts, then everything that was left out, and why."""
    if dry_run:
        yield "Nothing was changed; without --dry-run it would be so:"
    for model in {**told.new, **told.there}:
        there = f", {told.there[model]} there already" if told.there[model] else ""
        yield f"{_NAMES.get(model, model + 's')}: {told.new[model]} new{there}"
    if not told.new:
        yield "There is nothing new in the dump."
    for heading, counted in (
        ("Left out:", told.skipped),
        ("Fields without a place here:", told.fields),
        ("Models without a place here:", told.models),
    ):
        yield from _listed(heading, counted)


def _listed(heading: str, counted: Counter[str]) -> Iterator[str]:
    if counted:
        yield heading
    rows: list[tuple[str, Any]] = counted.most_common()
    for name, count in rows[:_MOST]:
        yield f"  {count} x {name}"
    if len(rows) > _MOST:
        yield f"  and {len(rows) - _MOST} more kinds: --json has them"
