"""Versions of an app and their files."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import PlainTextResponse

from app.cloud.manage.routes.common import Body, Manage, Named, Paged, Who
from app.cloud.manage.service.office import Listing
from app.cloud.manage.service.versions import VersionInfo

router = APIRouter(prefix="/apps/{aid}", tags=["versions"])

_Version = Annotated[str, Query(max_length=100)]
_MOST_FILES = 1000


class Commit(Body):
    """Files to commit, name to text; without `version` it is named by the time."""

    files: Annotated[dict[str, str], Field(min_length=1, max_length=_MOST_FILES)]
    version: str | None = None
    newest: Annotated[
        str | None,
        Field(description="the version that the edit began with: 409 if it is not the newest"),
    ] = None


class Committed(BaseModel):
    """The version that was made."""

    version: str


class Diff(PlainTextResponse):
    """A unified diff."""

    media_type = "text/x-diff"


@router.get("/versions")
async def versions(aid: Named, actor: Who, manage: Manage, page: Paged) -> Listing[VersionInfo]:
    """Return an app's versions, oldest first. Sort: -time."""
    return await manage.versions.find(actor, aid, page)


@router.post("/versions", status_code=201)
async def commit(aid: Named, given: Commit, actor: Who, manage: Manage) -> Committed:
    """Commit files; pools that follow the latest version are set to it.

    With `newest` no other author's version is overwritten unseen: where a newer one was committed
    meanwhile, the answer is 409. Its `newest` has that version's name, time and author. Merge the
    changes that the diff between both has, and commit with `newest` set to that name.
    """
    made = await manage.versions.commit(actor, aid, given.files, given.version, given.newest)
    return Committed(version=made)


@router.get("/versions/{version}/files")
async def files(aid: Named, version: Named, actor: Who, manage: Manage) -> dict[str, str]:
    """Return all files of a version, name to text."""
    return await manage.versions.files(actor, aid, version)


@router.get("/versions/{version}/files/{name}", response_class=PlainTextResponse)
async def file(
    aid: Named, version: Named, name: Named, actor: Who, manage: Manage
) -> PlainTextResponse:
    """Return the text of a file."""
    return PlainTextResponse(await manage.versions.file(actor, aid, version, name))


@router.get("/diff", response_class=Diff)
async def diff(aid: Named, before: _Version, after: _Version, actor: Who, manage: Manage) -> Diff:
    """Return the unified diff from one version to another."""
    return Diff(await manage.versions.diff(actor, aid, before, after))
