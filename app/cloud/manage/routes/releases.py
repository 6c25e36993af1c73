"""OS releases that the cloud serves."""

from __future__ import annotations

from fastapi import APIRouter

from app.cloud.manage.routes.common import Manage, Who
from app.cloud.manage.service.releases import ReleaseInfo

router = APIRouter(prefix="/releases", tags=["releases"])


@router.get("")
async def releases(actor: Who, manage: Manage) -> list[ReleaseInfo]:
    """Return the OS releases, newest first."""
    return await manage.releases.find(actor)
