"""Log-in with a password, log-out, and the current session."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from app.cloud.http import client_of
from app.cloud.manage.guard import COOKIE
from app.cloud.manage.routes.common import Body, Manage, Who
from app.cloud.manage.service.logins import SESSION_S, csrf_of
from app.cloud.manage.service.office import Actor
from app.cloud.problems import documented

router = APIRouter(prefix="/session", tags=["session"])


class Credentials(Body):
    """A name and its password."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    password: Annotated[str, Field(min_length=1, max_length=256)]


class SessionShown(BaseModel):
    """The logged-in person; `csrf` goes with each change in a session, None with a token."""

    name: str
    owner: bool
    most: str
    csrf: str | None


@router.post("", responses=documented(429))
async def log_in(
    given: Credentials, request: Request, response: Response, manage: Manage
) -> SessionShown:
    """Log in, and set the session's cookie."""
    login = await manage.logins.log_in(given.name, given.password, client_of(request))
    response.set_cookie(
        COOKIE,
        login.token,
        max_age=int(SESSION_S),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
        path="/",
    )
    actor = await manage.logins.by_session(login.token)
    return _shown(actor or Actor(login.name), login.csrf)


@router.get("")
async def who(actor: Who, request: Request) -> SessionShown:
    """Return the logged-in person."""
    token = request.state.session
    return _shown(actor, None if token is None else csrf_of(token))


@router.delete("", status_code=204)
async def log_out(_actor: Who, request: Request, response: Response, manage: Manage) -> None:
    """Log out; an API token stays valid."""
    if request.state.session is not None:
        await manage.logins.log_out(request.state.session)
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


def _shown(actor: Actor, csrf: str | None) -> SessionShown:
    return SessionShown(name=actor.name, owner=actor.owner, most=actor.most.word, csrf=csrf)
