"""Readings of a Thing: a range, aggregates by step, an export."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import StreamingResponse

from app.cloud.manage.routes.common import Manage, Named, Who
from app.cloud.manage.service.readings import END_OF_TIME, MOST, START_OF_TIME
from app.cloud.tables.ranges import Bucket
from app.cloud.tables.readings import Reading

router = APIRouter(prefix="/things/{tid}/readings", tags=["readings"])

_Time = Annotated[float, Query(ge=START_OF_TIME, le=END_OF_TIME, allow_inf_nan=False)]
_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}
_CONTENT: dict[str, Any] = {"content": {"text/csv": {}, "application/jsonl": {}}}


@router.get("")
async def readings(
    tid: Named,
    actor: Who,
    manage: Manage,
    start: _Time = START_OF_TIME,
    end: _Time = END_OF_TIME,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    newest: bool = True,
) -> list[Reading]:
    """Return readings of a range, oldest first: the newest of them, or the oldest."""
    return await manage.readings.find(actor, tid, start, end, limit, newest)


@router.get("/buckets")
async def buckets(
    tid: Named,
    actor: Who,
    manage: Manage,
    start: _Time,
    end: _Time,
    field: Annotated[str, Query(max_length=400, description="a name or a JSON Pointer")] = "",
    step: Annotated[float | None, Query(gt=0, le=END_OF_TIME, allow_inf_nan=False)] = None,
) -> list[Bucket]:
    """Return min, avg, max and count of a number for each `step` of seconds."""
    return await manage.readings.buckets(actor, tid, field, start, end, step)


@router.get("/export", response_class=StreamingResponse, responses={200: _CONTENT})
async def export(
    tid: Named,
    actor: Who,
    manage: Manage,
    form: Annotated[Literal["csv", "jsonl"], Query(alias="format")] = "csv",
    start: _Time = START_OF_TIME,
    end: _Time = END_OF_TIME,
) -> StreamingResponse:
    """Return all readings of a range as CSV or JSON Lines, in a stream."""
    parts = await manage.readings.export(actor, tid, form, start, end)
    name = {"Content-Disposition": f'attachment; filename="readings.{form}"'}
    return StreamingResponse(parts, headers=name, media_type=_TYPES[form])
