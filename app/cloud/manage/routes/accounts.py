"""The cloud as a whole: its public key, the accounts of Things and their limits, the audit."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from app.cloud.manage.routes.common import LARGEST, MOST, Body, Manage, Named, Who
from app.cloud.manage.service.accounts import KeyInfo
from app.cloud.tables.accounts import Account
from app.cloud.tables.audit import Entry

router = APIRouter(tags=["cloud"])

_Limit = Annotated[int, Field(ge=0, le=LARGEST)]


class Limits(Body):
    """The number of Things and messages that an account may have; null for any number."""

    things: _Limit | None
    messages: _Limit | None


@router.get("/key")
async def key(_actor: Who, manage: Manage) -> KeyInfo:
    """Return the public key that Things encrypt to."""
    return manage.accounts.key()


@router.get("/accounts")
async def accounts(actor: Who, manage: Manage) -> list[Account]:
    """Return all accounts with the id that new Things register with."""
    return await manage.accounts.find(actor)


@router.put("/accounts/{name}/limits", status_code=204)
async def set_limits(name: Named, given: Limits, actor: Who, manage: Manage) -> None:
    """Limit the Things and messages of an account."""
    await manage.accounts.set_limits(actor, name, given.things, given.messages)


@router.delete("/accounts/{name}/by-name")
async def close_name(name: Named, actor: Who, manage: Manage) -> Account:
    """Stop registration by the account's name."""
    return await manage.accounts.close_name(actor, name)


@router.get("/audit")
async def audit(
    actor: Who,
    manage: Manage,
    before: Annotated[int, Query(ge=0, le=LARGEST)] = LARGEST,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    aid: Annotated[str, Query(max_length=200)] = "",
    text: Annotated[str, Query(max_length=200, description="in any of its words")] = "",
) -> list[Entry]:
    """Return changes and their authors, newest first, below an id."""
    return await manage.accounts.audit(actor, before, limit, aid, text)
