"""Pools of an app."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from app.cloud.manage.routes.common import LARGEST, Body, Manage, Named, Who
from app.cloud.manage.service.pools import PoolInfo, Promotion

router = APIRouter(prefix="/apps/{aid}/pools", tags=["pools"])


class PoolChange(Body):
    """Settings to change and to remove; `keep_readings` in days, 0 for ever."""

    settings: dict[str, Any] = {}
    remove: list[str] = []
    use_latest_app_version: bool | None = None
    keep_readings: Annotated[int, Field(ge=0, le=LARGEST)] | None = None


class PromotionSource(Body):
    """The pool whose version of the app is wanted."""

    source: str


@router.get("")
async def pools(aid: Named, actor: Who, manage: Manage) -> dict[str, PoolInfo]:
    """Return the pools of an app by name."""
    return await manage.pools.find(actor, aid)


@router.patch("/{pool}")
async def set_pool(
    aid: Named, pool: Named, given: PoolChange, actor: Who, manage: Manage
) -> PoolInfo:
    """Change a pool."""
    return await manage.pools.set(
        actor,
        aid,
        pool,
        given.settings,
        remove=given.remove,
        latest=given.use_latest_app_version,
        keep_readings=given.keep_readings,
    )


@router.post("/{pool}/promotion")
async def promote(
    aid: Named, pool: Named, given: PromotionSource, actor: Who, manage: Manage
) -> Promotion:
    """Set a pool to the version of the app that another one has."""
    return await manage.pools.promote(actor, aid, given.source, pool)
