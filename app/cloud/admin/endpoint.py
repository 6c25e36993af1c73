"""The admin API as an ASGI application: JSON calls, guarded by a bearer token."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from app.cloud.admin import apps, things
from app.cloud.admin.arguments import AdminRefusal, Arguments, count, seconds
from app.cloud.api.body import IN_A_BODY, parse_json
from app.cloud.cloud import Cloud
from app.cloud.database.connection import Unavailable
from app.cloud.http import API, Bodies, BodyTooLong, Busy
from app.cloud.srsa import EXPONENT
from app.cloud.tables.events import Event
from app.cloud.values import Unshowable
from app.cloud.writer import Writer

ADMIN = "/admin/"
_LONGEST_WAIT = 30  # seconds
_MOST_EVENTS = 1000


def key(cloud: Cloud, _arguments: Arguments) -> dict[str, str]:
    """Return the public key, as text: few JSON parsers keep a number of 309 digits."""
    return {"modulus": str(cloud.keys.modulus), "exponent": str(EXPONENT)}


_EVENTS = ("GET", "events")
_CALLS: dict[tuple[str, str], Callable[[Cloud, Arguments], Any]] = {
    ("GET", "key"): key,
    ("GET", "apps"): apps.list_apps,
    ("POST", "apps"): apps.create_app,
    ("POST", "versions"): apps.commit,
    ("POST", "pools"): apps.set_pool,
    ("POST", "limits"): apps.set_limits,
    ("GET", "accounts"): apps.list_accounts,
    ("POST", "accounts"): apps.close_account_name,
    ("GET", "things"): things.list_things,
    ("POST", "things"): things.set_thing,
    ("POST", "expire"): things.expire,
    ("POST", "admit"): things.admit,
    ("POST", "cancel"): things.cancel,
    ("GET", "messages"): things.list_messages,
    ("POST", "messages"): things.queue_message,
    ("GET", "readings"): things.list_readings,
}


class AdminApi:
    """Answers /admin/...: GET with a query, POST with a JSON object."""

    def __init__(self, cloud: Cloud, writer: Writer, token: str) -> None:
        self._cloud = cloud
        self._writer = writer
        self._bodies = Bodies()
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        scope[API] = "admin"
        try:
            response = JSONResponse(await self._answer(request))
        except AdminRefusal as error:
            response = JSONResponse({"error": str(error)}, error.status)
        except BodyTooLong as error:
            response = JSONResponse({"error": str(error)}, 413, {"Connection": "close"})
        except Busy as error:
            response = JSONResponse({"error": str(error)}, 503, {"Connection": "close"})
        except Unavailable as error:
            response = JSONResponse({"error": str(error)}, 503)
        except ClientDisconnect:
            return
        except (ValueError, RecursionError) as error:  # of what was stored by other hands
            text = f"the answer cannot be shown ({type(error).__name__})"
            response = JSONResponse({"error": text}, 500)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Any:
        given = request.headers.get("authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, self._expected):
            raise AdminRefusal(401, "the admin token is missing or wrong")
        name = request.scope["path"][len(ADMIN) :]
        if (request.method, name) == _EVENTS:
            return await self._events(dict(request.query_params))
        if (request.method, name) not in _CALLS:
            raise AdminRefusal(404, f"there is no {request.method} {name}")
        arguments: Arguments = dict(request.query_params)
        if request.method != "GET":
            arguments = read_arguments(await self._bodies.read(request))
        return await self._writer.do(
            lambda: call(self._cloud, request.method, name, arguments), True
        )

    async def _events(self, arguments: Arguments) -> list[dict[str, Any]]:
        after = count(arguments, "after", 0, 2**62)
        wait = seconds(arguments, "wait", _LONGEST_WAIT)

        def found() -> list[Event]:
            return self._cloud.store.events.after(after, _MOST_EVENTS)

        # Before the look: what comes between it and the wait rings, too.
        ring = self._cloud.bell.next()
        events = await self._writer.do(found)
        if wait and not events:
            await self._cloud.bell.wait(wait, ring)
            events = await self._writer.do(found)
        return [asdict(event) for event in events]


def call(cloud: Cloud, method: str, name: str, arguments: Arguments) -> Any:
    """Make one of the calls, all of it or nothing; return a JSON value. Raises AdminRefusal."""
    with cloud.store.savepoint():
        return _CALLS[method, name](cloud, arguments)


def read_arguments(body: bytes) -> dict[str, Any]:
    """Return the arguments in a body; raises AdminRefusal."""
    try:
        value = parse_json(body.decode("utf-8"), IN_A_BODY)
    except Unshowable as error:
        raise AdminRefusal(400, f"the body {error}") from error
    except ValueError as error:
        raise AdminRefusal(400, "the body is not JSON") from error
    if not isinstance(value, dict):
        raise AdminRefusal(400, "the body is not a JSON object")
    return value
