"""The log-in page, and at the very first visit, the owner's account. It needs no script."""

from __future__ import annotations

import hmac
import ipaddress
from html import escape
from typing import Protocol
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from app.cloud.http import client_of
from app.console.guard import COOKIE, token_of

_LONGEST_FORM = 4096  # bytes
_SESSION_S = 12 * 3600

_PAGE = """\
<!doctype html>
<html lang="en" class="door">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} - Pythings</title>
<link rel="stylesheet" href="/static/console.css">
</head>
<body>
<main>
<form class="card" method="post" action="/door/{action}">
<div class="brand"><span class="logo"></span>Pythings</div>
<h1>{title}</h1>
<p class="soft">{text}</p>
{problem}
<label for="name">Name</label>
<input id="name" name="name" autocomplete="username" maxlength="64"
 required value="{name}" {focus}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="{password}"
 maxlength="200" required>
{code}
<button>{button}</button>
</form>
</main>
</body>
</html>
"""
_CODE = """\
<label for="code">Code</label>
<input id="code" name="code" autocomplete="one-time-code" maxlength="40" required>
<p class="soft small">It stands in the terminal that runs <span class="mono">pythings up</span>.</p>
"""


class Wrong(Exception):
    """A log-in or a new account is refused; the text says why."""


class Keeper(Protocol):
    """The accounts that the door checks."""

    async def has_owner(self) -> bool:
        """Tell whether the owner's account was made."""

    async def make_owner(self, name: str, password: str) -> None:
        """Make the owner's account; raises Wrong."""

    async def log_in(self, name: str, password: str, address: str) -> str:
        """Begin a session and return its token; raises Wrong."""

    async def log_out(self, token: str) -> None:
        """End a session."""


class LoginRoutes:
    """The routes. `code`: required from a client at another machine to become the owner."""

    def __init__(self, keeper: Keeper, code: str, tls: bool) -> None:
        self._keeper = keeper
        self._code = code
        self._tls = tls

    def routes(self) -> list[Route]:
        """Return all routes."""
        return [
            Route("/door", self.show, methods=["GET"]),
            Route("/door/in", self.log_in, methods=["POST"]),
            Route("/door/owner", self.make_owner, methods=["POST"]),
            Route("/door/out", self.log_out, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Show the form: log-in, or the owner's account while there is none."""
        return await self._form(request)

    async def log_in(self, request: Request) -> Response:
        """Start a session for the right password, else show the form with the error."""
        form = await _fields(request)
        try:
            return await self._in(form, client_of(request))
        except Wrong as error:
            return await self._form(request, str(error), form.get("name", ""))

    async def make_owner(self, request: Request) -> Response:
        """Make the owner's account, once."""
        form = await _fields(request)
        try:
            if await self._keeper.has_owner():
                raise Wrong("The owner's account was made meanwhile. Log in with it.")
            given = form.get("code", "").strip().upper()
            if not is_near(request) and not hmac.compare_digest(
                given.encode(), self._code.encode()
            ):
                raise Wrong("That is not the code that the terminal shows.")
            await self._keeper.make_owner(form.get("name", ""), form.get("password", ""))
            return await self._in(form, client_of(request))
        except Wrong as error:
            return await self._form(request, str(error), form.get("name", ""))

    async def log_out(self, request: Request) -> Response:
        """End the session."""
        await self._keeper.log_out(token_of(request.headers.get("cookie", "")))
        response = RedirectResponse("/door", 303)
        response.delete_cookie(COOKIE)
        return response

    async def _in(self, form: dict[str, str], address: str) -> Response:
        token = await self._keeper.log_in(form.get("name", ""), form.get("password", ""), address)
        response = RedirectResponse("/", 303)
        response.set_cookie(
            COOKIE, token, _SESSION_S, secure=self._tls, httponly=True, samesite="strict"
        )
        return response

    async def _form(self, request: Request, problem: str = "", name: str = "") -> Response:
        first = not await self._keeper.has_owner()
        page = _PAGE.format(
            title="Make your account" if first else "Log in",
            text="Nobody has been here before. This account will own the cloud and all its Things."
            if first
            else "Program your Things, and see how they are.",
            action="owner" if first else "in",
            problem=f'<p class="note bad" role="alert">{escape(problem)}</p>' if problem else "",
            name=escape(name),
            password="new-password" if first else "current-password",
            code=_CODE if first and not is_near(request) else "",
            button="Make the account" if first else "Log in",
            focus="" if name else "autofocus",
        )
        return HTMLResponse(page, 403 if problem else 200)


def is_near(request: Request) -> bool:
    """Tell whether a request comes from this machine, by a loopback address."""
    try:
        return ipaddress.ip_address(client_of(request)).is_loopback
    except ValueError:
        return False


async def _fields(request: Request) -> dict[str, str]:
    """Return the fields of a form, none if it is longer than 4,096 bytes."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_FORM:
            return {}
    found = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=10)
    return {name: values[0] for name, values in found.items()}
