"""The guard of every page: log-in, checks of host and origin, and security headers.

The Content-Security-Policy is as strict as NiceGUI allows. Scripts come from this server, or carry
the nonce of the response; nothing inline in markup runs (no `onerror=`), nothing is loaded from or
sent to another site. NiceGUI needs two exceptions: `unsafe-eval` (Vue compiles its templates in the
browser) and inline styles (Quasar and AG Grid place elements by them).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.cloud.hosts import Hosts

COOKIE = "pythings_session"
# Open without a log-in: the log-in itself, and its style sheet.
OPEN = frozenset(("/door", "/door/in", "/door/owner", "/door/out", "/static/console.css"))
_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval';"
    " style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:;"
    " connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)
# Not `no-referrer`: with it, a browser sends our own forms with an Origin of null.
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
# NiceGUI escapes every < in the data that it shows, so that these are the template's own.
_SCRIPT = re.compile(rb"<script(?=[ >])")

ActorOf = Callable[[str], Awaitable[Any]]


class LoginGuard:
    """Middleware for logged-in users; `actor_of` returns the actor of a token, else None."""

    def __init__(self, inside: ASGIApp, hosts: Hosts, actor_of: ActorOf) -> None:
        self._inside = inside
        self._hosts = hosts
        self._actor_of = actor_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._inside(scope, receive, send)
            return
        refusal = await self._refusal(scope)
        if refusal is None:
            await self._inside(scope, receive, _dressed(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refusal(scope, receive, _dressed(send))

    async def _refusal(self, scope: Scope) -> ASGIApp | None:
        headers = Headers(scope=scope)
        wrong = self._hosts.refusal(headers.get("host", ""), headers.get("origin"))
        if wrong is not None:
            return PlainTextResponse(wrong[1], wrong[0])
        if scope["path"] in OPEN:
            return None
        actor = await self._actor_of(token_of(headers.get("cookie", "")))
        if actor is None:
            return RedirectResponse("/door", 303)
        scope.setdefault("state", {})["actor"] = actor
        return None


def token_of(cookies: str) -> str:
    """Return the session's token in a Cookie header, empty if there is none."""
    try:
        found = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _dressed(send: Send) -> Send:
    """Add the security headers, and the response's nonce to the scripts of a page."""
    nonce = secrets.token_urlsafe(16)
    held: list[Message] = []

    async def dress(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
            headers["Content-Security-Policy"] = _POLICY.format(nonce=nonce)
            if headers.get("content-type", "").startswith("text/html"):
                headers["Cache-Control"] = "no-store"
                held.append(message)
                return
        if held and message["type"] == "http.response.body":
            await _page(held, message, nonce, send)
            return
        await send(message)

    return dress


async def _page(held: list[Message], message: Message, nonce: str, send: Send) -> None:
    """Hold a page until it is whole, then send it with the nonce in its scripts."""
    held.append(message)
    if message.get("more_body"):
        return
    start, *parts = held
    body = b"".join(part.get("body", b"") for part in parts)
    body = _SCRIPT.sub(b'<script nonce="%s"' % nonce.encode(), body)
    MutableHeaders(scope=start)["Content-Length"] = str(len(body))
    held.clear()
    await send(start)
    await send({"type": "http.response.body", "body": body})
