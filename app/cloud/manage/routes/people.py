"""Accounts of people, and API tokens."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from app.cloud.http import client_of
from app.cloud.manage.routes.common import LARGEST, Body, Manage, Named, Who
from app.cloud.manage.service.people import PersonInfo, TokenInfo
from app.cloud.problems import documented

router = APIRouter(tags=["people"])


class NewPerson(Body):
    """An account to make; `owner`: of the whole cloud."""

    name: str
    password: str
    owner: bool = False


class NewPassword(Body):
    """The new password; `old`: the present one, for the caller's own account."""

    password: str
    old: Annotated[str | None, Field(max_length=256)] = None


class Active(Body):
    """Whether an account is enabled."""

    active: bool


class NewToken(Body):
    """An API token to make: its highest role, its lifetime in days, and its person."""

    name: str
    role: str = "viewer"
    days: Annotated[int, Field(ge=1, le=366)] = 90
    person: str | None = None


class TokenMade(BaseModel):
    """The token itself, which is not shown again."""

    token: str


@router.get("/people")
async def people(actor: Who, manage: Manage) -> list[PersonInfo]:
    """Return all accounts."""
    return await manage.people.find(actor)


@router.post("/people", status_code=201)
async def add_person(given: NewPerson, actor: Who, manage: Manage) -> PersonInfo:
    """Make an account."""
    return await manage.people.add(actor, given.name, given.password, given.owner)


@router.patch("/people/{name}")
async def set_active(name: Named, given: Active, actor: Who, manage: Manage) -> PersonInfo:
    """Enable or disable an account."""
    return await manage.people.set_active(actor, name, given.active)


@router.put("/people/{name}/password", status_code=204, responses=documented(429))
async def set_password(
    name: Named, given: NewPassword, request: Request, actor: Who, manage: Manage
) -> None:
    """Set the caller's own password, or as owner of the cloud another's; the sessions end."""
    address = client_of(request)
    await manage.people.set_password(actor, name, given.password, given.old, address)


@router.get("/tokens")
async def tokens(actor: Who, manage: Manage) -> list[TokenInfo]:
    """Return the caller's own API tokens; for an owner of the cloud, all."""
    return await manage.people.tokens(actor)


@router.post("/tokens", status_code=201)
async def make_token(given: NewToken, actor: Who, manage: Manage) -> TokenMade:
    """Make an API token."""
    made = await manage.people.make_token(actor, given.name, given.role, given.days, given.person)
    return TokenMade(token=made)


@router.delete("/tokens/{token_id}", status_code=204)
async def revoke_token(
    token_id: Annotated[int, Path(ge=0, le=LARGEST)], actor: Who, manage: Manage
) -> None:
    """Revoke an API token."""
    await manage.people.revoke_token(actor, token_id)
