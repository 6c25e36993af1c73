"""HTTP requests to an ASGI application in the same process, with the sender's credentials."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from app.cloud.manage.api import PREFIX


@dataclass(frozen=True)
class Answer:
    """One response."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return its body as JSON."""
        return json.loads(self.body)


def ask(
    desk, method: str, path: str, body: Any = None, scheme: str = "http", **headers: str
) -> Answer:
    """Send a request to the management API and return the response, as `request` does."""
    return request(desk, desk.api, method, PREFIX + path, body, scheme, **headers)


def request(
    desk, app, method: str, path: str, body: Any = None, scheme: str = "http", **headers: str
) -> Answer:
    """Send a request to an application and return the response.

    `body`: bytes as they are, or a value as JSON; header names have `_` for `-`.
    """
    sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    given = {"content_length": str(len(sent)), **headers}
    if body is not None:
        given = {"content_type": "application/json", **given}
    target, _, query = path.partition("?")
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": target,
        "raw_path": target.encode(),
        "query_string": query.encode(),
        "headers": [
            (name.replace("_", "-").encode(), value.encode("utf-8"))
            for name, value in given.items()
        ],
        "client": ("192.0.2.9", 50000),
        "server": ("127.0.0.1", 8000),
    }
    answer: Answer = desk.run(_call(app, scope, sent))
    return answer


async def _call(app, scope, sent: bytes) -> Answer:
    incoming = [{"type": "http.request", "body": sent, "more_body": False}]
    outgoing: list[dict[str, Any]] = []

    async def receive():
        if not incoming:
            await asyncio.Event().wait()  # the client stays
        return incoming.pop()

    async def send(message):
        outgoing.append(message)

    await app(scope, receive, send)
    head = outgoing[0]
    headers = {name.decode().lower(): value.decode() for name, value in head["headers"]}
    body = b"".join(message.get("body", b"") for message in outgoing[1:])
    return Answer(head["status"], headers, body)


def bearer(token: str) -> dict[str, str]:
    """Return the header of a token."""
    return {"authorization": f"Bearer {token}"}
