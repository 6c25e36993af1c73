"""Apps, and the roles of people in them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from app.cloud.manage.routes.common import Body, Manage, Named, Paged, Who
from app.cloud.manage.service.apps import AppInfo
from app.cloud.manage.service.names import LONGEST
from app.cloud.manage.service.office import Listing

router = APIRouter(prefix="/apps", tags=["apps"])

# The service refuses others, in a sentence.
_Name = Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": LONGEST})]


class NewApp(Body):
    """An app to make; by default with a random `aid`, in the default account."""

    name: _Name
    account: _Name | None = None
    aid: _Name | None = None


class NewRole(Body):
    """A person's role in the app: viewer, developer or owner."""

    role: str


@router.get("")
async def apps(
    actor: Who,
    manage: Manage,
    page: Paged,
    text: Annotated[str, Query(max_length=200, description="in the name or the id")] = "",
) -> Listing[AppInfo]:
    """Return the apps that the caller has a role in. Sort: name."""
    return await manage.apps.find(actor, page, text)


@router.post("", status_code=201)
async def create_app(given: NewApp, actor: Who, manage: Manage) -> AppInfo:
    """Make an app with three pools and a first version."""
    return await manage.apps.create(actor, given.name, given.account, given.aid)


@router.get("/{aid}")
async def app(aid: Named, actor: Who, manage: Manage) -> AppInfo:
    """Return one app."""
    return await manage.apps.get(actor, aid)


@router.get("/{aid}/roles")
async def roles(aid: Named, actor: Who, manage: Manage) -> dict[str, str]:
    """Return the roles in an app by the names of the people."""
    return dict(await manage.apps.roles(actor, aid))


@router.put("/{aid}/roles/{name}", status_code=204)
async def set_role(aid: Named, name: Named, given: NewRole, actor: Who, manage: Manage) -> None:
    """Give a person a role in an app."""
    await manage.apps.set_role(actor, aid, name, given.role)


@router.delete("/{aid}/roles/{name}", status_code=204)
async def take_role(aid: Named, name: Named, actor: Who, manage: Manage) -> None:
    """Remove a person's role in an app."""
    await manage.apps.set_role(actor, aid, name, None)
