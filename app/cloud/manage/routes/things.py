"""Things: their state, settings of their own, sessions, identities, history."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.cloud.manage.routes.common import LARGEST, MOST, Body, Manage, Named, Paged, Who
from app.cloud.manage.routes.fleet import Narrowed
from app.cloud.manage.service.office import Listing
from app.cloud.manage.service.things import ThingInfo
from app.cloud.tables.events import Event

router = APIRouter(prefix="/things", tags=["things"])


class ThingChange(Body):
    """Own settings to change and to remove; app and pool to move to; tags to add and to drop.

    `custom` false: the pool's settings.
    """

    settings: dict[str, Any] = {}
    remove: list[str] = []
    custom: bool | None = None
    aid: str | None = None
    pool: str | None = None
    tag: Annotated[list[str], Field(max_length=100)] = []
    untag: Annotated[list[str], Field(max_length=100)] = []


class ManyChange(ThingChange):
    """A change of several Things: of all of them, or of none if one is refused."""

    tids: Annotated[list[str], Field(min_length=1, max_length=100)]


class Attended(BaseModel):
    """The time until which the Thing is asked to come back soon, in seconds."""

    until: float


class Replacement(Body):
    """The id of the hardware that goes on; `force`: even if the old one is on line."""

    by: str
    force: bool = False


class Removed(BaseModel):
    """The number of readings that went with a Thing."""

    readings: int


class Admission(Body):
    """The fingerprint to accept, `none` for any; without it the only one that waits."""

    identity: str | None = None


class Ended(BaseModel):
    """The number of sessions that were ended."""

    ended: int


@router.get("")
async def things(
    actor: Who,
    manage: Manage,
    page: Paged,
    narrowed: Narrowed,
) -> Listing[ThingInfo]:
    """Return Things. Sort: id, tid, state, last_contact, app, pool, platform, app_version,
    pythings_version."""
    return await manage.things.find(actor, page, narrowed)


@router.patch("")
async def set_things(given: ManyChange, actor: Who, manage: Manage) -> list[ThingInfo]:
    """Change or move several Things."""
    return await manage.things.set_many(actor, given.tids, **_change(given))


@router.get("/{tid}")
async def thing(tid: Named, actor: Who, manage: Manage) -> ThingInfo:
    """Return one Thing."""
    return await manage.things.get(actor, tid)


@router.patch("/{tid}")
async def set_thing(tid: Named, given: ThingChange, actor: Who, manage: Manage) -> ThingInfo:
    """Change or move a Thing."""
    return await manage.things.set(actor, tid, **_change(given))


def _change(given: ThingChange) -> dict[str, Any]:
    names = ("settings", "remove", "custom", "aid", "pool", "tag", "untag")
    return {name: getattr(given, name) for name in names}


@router.delete("/{tid}")
async def remove(tid: Named, actor: Who, manage: Manage) -> Removed:
    """Delete a Thing with its messages and readings. If it still runs, it registers anew."""
    return Removed(readings=await manage.things.remove(actor, tid))


@router.delete("/{tid}/sessions")
async def expire(tid: Named, actor: Who, manage: Manage) -> Ended:
    """End a Thing's sessions: it must register again."""
    return Ended(ended=await manage.things.expire(actor, tid))


@router.post("/{tid}/attention")
async def attend(tid: Named, actor: Who, manage: Manage) -> Attended:
    """Ask a Thing to come back every 2 s, for five minutes at most."""
    return Attended(until=await manage.messages.attend(actor, tid))


@router.post("/{tid}/replacement")
async def replace(tid: Named, given: Replacement, actor: Who, manage: Manage) -> ThingInfo:
    """Give all that a Thing has to other hardware, and return that."""
    return await manage.replacements.replace(actor, tid, given.by, given.force)


@router.post("/{tid}/identity")
async def admit(tid: Named, given: Admission, actor: Who, manage: Manage) -> ThingInfo:
    """Accept another identity for a Thing."""
    return await manage.things.admit(actor, tid, given.identity)


@router.get("/{tid}/history")
async def history(
    tid: Named,
    actor: Who,
    manage: Manage,
    after: Annotated[int, Query(ge=0, le=LARGEST)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> list[Event]:
    """Return the Thing's calls that are still kept, oldest first."""
    return await manage.things.history(actor, tid, after, limit)
