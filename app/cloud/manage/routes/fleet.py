"""The numbers of Things, and the filters that these and the list of Things share."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from app.cloud.manage.routes.common import Manage, Who
from app.cloud.manage.service.fleet import FleetInfo, ThingFilter

router = APIRouter(prefix="/fleet", tags=["things"])

_Text = Annotated[str | None, Query(max_length=200)]
_Time = Annotated[float | None, Query(ge=0, le=2.0**43, allow_inf_nan=False)]


def _narrowed(
    aid: _Text = None,
    pool: _Text = None,
    platform: _Text = None,
    text: Annotated[str | None, Query(max_length=200, description="in the id")] = None,
    heard_after: _Time = None,
    heard_before: _Time = None,
    state: Literal["run", "trouble", "offline", "new"] | None = None,
    app_version: _Text = None,
    pythings_version: _Text = None,
    match: Annotated[
        str | None, Query(max_length=200, description="the id, with * and ? for any text and sign")
    ] = None,
    custom: bool | None = None,
    tag: Annotated[str | None, Query(max_length=200, description="one of its tags")] = None,
) -> ThingFilter:
    return ThingFilter(
        aid,
        pool,
        platform,
        text,
        heard_after,
        heard_before,
        state,
        app_version,
        pythings_version,
        match,
        custom,
        tag,
    )


Narrowed = Annotated[ThingFilter, Depends(_narrowed)]


@router.get("")
async def fleet(actor: Who, manage: Manage, narrowed: Narrowed) -> FleetInfo:
    """Count Things by state, pool and version."""
    return await manage.fleet.count(actor, narrowed)
