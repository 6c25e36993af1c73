"""Messages and commands to a Thing, with their replies."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.cloud.manage.routes.common import Body, Manage, Named, Paged, Who
from app.cloud.manage.service.events import LONGEST_WAIT_S
from app.cloud.manage.service.office import Listing
from app.cloud.tables.messages import Message

router = APIRouter(prefix="/things/{tid}/messages", tags=["messages"])


class NewMessage(Body):
    """Any JSON value for the app, or the source text of a command."""

    type: Literal["APP", "CMD"]
    msg: Any


class Cancel(Body):
    """The messages to cancel; an empty list cancels all queued ones."""

    mids: Annotated[list[str], Field(max_length=10_000)] = []


class Queued(BaseModel):
    """The id of a message."""

    mid: str


class Cancelled(BaseModel):
    """The messages that were cancelled."""

    cancelled: list[str]


@router.get("")
async def messages(
    tid: Named,
    actor: Who,
    manage: Manage,
    page: Paged,
    status: Literal["queued", "delivered", "received"] | None = None,
) -> Listing[Message]:
    """Return a Thing's messages, oldest first, secrets masked. Sort: -queued."""
    return await manage.messages.find(actor, tid, page, status)


@router.post("", status_code=201)
async def queue(tid: Named, given: NewMessage, actor: Who, manage: Manage) -> Queued:
    """Queue a message or a command."""
    return Queued(mid=await manage.messages.queue(actor, tid, given.type, given.msg))


@router.get("/{mid}")
async def message(
    tid: Named,
    mid: Named,
    actor: Who,
    manage: Manage,
    wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT_S, allow_inf_nan=False)] = 0.0,
) -> Message:
    """Return one message; until it is answered, wait up to `wait` seconds."""
    return await manage.messages.get(actor, tid, mid, wait)


@router.post("/cancel")
async def cancel(tid: Named, given: Cancel, actor: Who, manage: Manage) -> Cancelled:
    """Cancel queued messages."""
    return Cancelled(cancelled=await manage.messages.cancel(actor, tid, given.mids))
