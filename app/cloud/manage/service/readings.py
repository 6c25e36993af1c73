"""Readings of Things: a range of them, their aggregates by step, a streamed export."""

from __future__ import annotations

import csv
import functools
import io
import json
from collections.abc import AsyncIterator
from typing import Any

from app.cloud.cloud import Cloud
from app.cloud.manage.service.office import Actor, Office, Refused, thing_of
from app.cloud.tables.ranges import Bucket, path_of
from app.cloud.tables.readings import Reading

MOST = 10_000  # readings of a page, buckets of a query
_BUCKETS = 1000  # where no step is given
_CHUNK = 1000  # readings of an export that are in memory
# Seconds: as microseconds, less than the database's largest number. A Thing's clock may be wrong.
START_OF_TIME, END_OF_TIME = -(2.0**43), 2.0**43
CSV, LINES = "csv", "jsonl"


class ReadingService:
    """Operations on readings. Times are seconds since 1970 UTC, the end excluded."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def find(
        self,
        actor: Actor,
        tid: str,
        start: float = START_OF_TIME,
        end: float = END_OF_TIME,
        limit: int = 100,
        newest: bool = True,
    ) -> list[Reading]:
        """Return readings in a range, oldest first: the newest `limit` of them, or the oldest."""
        first, last = _range(start, end)

        def found(cloud: Cloud) -> list[Reading]:
            thing, app = thing_of(cloud, actor, tid)
            rows = cloud.store.ranges.page(
                app.aid, thing.tid, first, last, min(limit, MOST), newest
            )
            return rows[::-1] if newest else rows

        return await self._office.read(found)

    async def buckets(
        self,
        actor: Actor,
        tid: str,
        field: str,
        start: float,
        end: float,
        step: float | None = None,
    ) -> list[Bucket]:
        """Return min, avg, max and count of a number in the readings, for each `step` of seconds.

        `field`: a name, or a JSON Pointer (RFC 6901); an empty text is the reading itself. Without
        `step` there are 1,000. Steps without a number are left out.
        """
        first, last = _range(start, end)
        width = int(step * 1e6) if step is not None else -(-(last - first) // _BUCKETS)
        if width < 1 or (last - first) > width * MOST:
            raise Refused(422, f"step is too small: it would be more than {MOST} buckets")
        try:
            path = path_of(field)
        except ValueError as error:
            raise Refused(422, "field is no name in a reading and no JSON Pointer") from error

        def found(cloud: Cloud) -> list[Bucket]:
            thing, app = thing_of(cloud, actor, tid)
            return cloud.store.ranges.buckets(app.aid, thing.tid, path, first, last, width)

        return await self._office.read(found)

    async def export(
        self,
        actor: Actor,
        tid: str,
        form: str,
        start: float = START_OF_TIME,
        end: float = END_OF_TIME,
    ) -> AsyncIterator[str]:
        """Yield all readings of a range as text of CSV (with a head) or of JSON Lines.

        Raises Refused before the first text; the readings are never in memory as a whole.
        """
        first, last = _range(start, end)
        return _parts(form, await self.chunks(actor, tid, first, last))

    async def chunks(
        self, actor: Actor, tid: str, first: int, end: int
    ) -> AsyncIterator[list[Reading]]:
        """Yield all readings of a range in lists, oldest first; times in microseconds.

        Raises Refused before the first list; the readings are never in memory as a whole.
        """
        aid = (await self._office.read(lambda cloud: thing_of(cloud, actor, tid)))[1].aid
        return self._chunks(aid, tid, first, end)

    async def _chunks(
        self, aid: str, tid: str, first: int, end: int
    ) -> AsyncIterator[list[Reading]]:
        at = first
        while True:
            rows = await self._office.read(functools.partial(_after, aid, tid, at, end))
            if rows:
                yield rows
                at = round(rows[-1].ts * 1e6) + 1
            if len(rows) < _CHUNK:
                return


async def _parts(form: str, chunks: AsyncIterator[list[Reading]]) -> AsyncIterator[str]:
    if form == CSV:
        yield "ts,received,msg\r\n"
    async for rows in chunks:
        yield _as_csv(rows) if form == CSV else _as_lines(rows)


def _after(aid: str, tid: str, at: int, last: int, cloud: Cloud) -> list[Reading]:
    return cloud.store.ranges.page(aid, tid, at, last, _CHUNK)


def _range(start: float, end: float) -> tuple[int, int]:
    if not START_OF_TIME <= start < end <= END_OF_TIME:
        raise Refused(422, "start must be before end")
    return round(start * 1e6), round(end * 1e6)


def _as_csv(rows: list[Reading]) -> str:
    """Return CSV with each msg as JSON, so that no cell begins like a spreadsheet's formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([_seconds(row.ts), _seconds(row.received), _json(row.msg)])
    return text.getvalue()


def _as_lines(rows: list[Reading]) -> str:
    return "".join(_json(vars(row)) + "\n" for row in rows)


def _seconds(value: float) -> str:
    return f"{value:.6f}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
