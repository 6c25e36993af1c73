"""Rollouts of a version in a pool."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from app.cloud.manage.routes.common import LARGEST, Body, Manage, Named, Paged, Who
from app.cloud.manage.service.office import Listing
from app.cloud.manage.service.rollouts import RolloutInfo, RolloutThing, Wish

router = APIRouter(tags=["rollouts"])

_Id = Annotated[int, Path(ge=1, le=LARGEST)]
_Percent = Annotated[int, Field(ge=0, le=100)]


class Start(Body):
    """A version of the app or of the OS, and how it is rolled out.

    `shares`: percent of the pool for each stage, the last 100 (10, 50, 100); `things`, or those
    with `tag`: a first stage before these. A stage is passed once `confirm` percent have confirmed,
    and halts after `within` seconds, or with more than `trouble` percent that took it back, fail,
    or are silent or late.
    """

    app: str | None = None
    os: str | None = None
    shares: Annotated[list[_Percent], Field(max_length=100)] | None = None
    things: Annotated[list[str], Field(max_length=10_000)] = []
    within: Annotated[float, Field(ge=0, le=2.0**43, allow_inf_nan=False)] = 3600.0
    confirm: _Percent = 90
    trouble: _Percent = 10
    tag: Annotated[str, Field(max_length=200)] | None = None


class Back(Body):
    """The version to go to; the one before if there is none."""

    to: str | None = None


@router.post("/apps/{aid}/pools/{pool}/rollouts", status_code=201)
async def start(aid: Named, pool: Named, given: Start, actor: Who, manage: Manage) -> RolloutInfo:
    """Start a rollout; a pool has one at a time."""
    plan = (given.shares, given.within, given.confirm, given.trouble)
    wish = Wish(given.app, given.os, *plan, given.tag)
    return await manage.rollouts.start(actor, aid, pool, wish, given.things)


@router.get("/rollouts")
async def rollouts(
    actor: Who,
    manage: Manage,
    page: Paged,
    aid: Annotated[str | None, Query(max_length=200)] = None,
) -> Listing[RolloutInfo]:
    """Return rollouts, newest first; of one app with `aid`."""
    return await manage.rollouts.find(actor, page, aid)


@router.get("/rollouts/{rollout_id}")
async def rollout(rollout_id: _Id, actor: Who, manage: Manage) -> RolloutInfo:
    """Return one rollout."""
    return await manage.rollouts.get(actor, rollout_id)


@router.get("/rollouts/{rollout_id}/things")
async def things(rollout_id: _Id, actor: Who, manage: Manage, page: Paged) -> Listing[RolloutThing]:
    """Return the Things of a rollout with their outcomes, oldest first."""
    return await manage.rollouts.things(actor, rollout_id, page)


@router.post("/rollouts/{rollout_id}/pause")
async def pause(rollout_id: _Id, actor: Who, manage: Manage) -> RolloutInfo:
    """Ask no further Things for now."""
    return await manage.rollouts.pause(actor, rollout_id)


@router.post("/rollouts/{rollout_id}/resume")
async def resume(rollout_id: _Id, actor: Who, manage: Manage) -> RolloutInfo:
    """Go on; after a halt, the trouble so far is excused."""
    return await manage.rollouts.resume(actor, rollout_id)


@router.post("/rollouts/{rollout_id}/abort")
async def abort(rollout_id: _Id, actor: Who, manage: Manage) -> RolloutInfo:
    """End a rollout: Things that were asked keep its version, the others the pool's."""
    return await manage.rollouts.abort(actor, rollout_id)


@router.post("/rollouts/{rollout_id}/rollback")
async def rollback(rollout_id: _Id, given: Back, actor: Who, manage: Manage) -> RolloutInfo:
    """Ask all Things of the pool for the version before, or another one."""
    return await manage.rollouts.roll_back(actor, rollout_id, given.to)
