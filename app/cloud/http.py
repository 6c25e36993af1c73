"""What both APIs share of HTTP: bounded bodies, and the headers of every response."""

from __future__ import annotations

import time
from email.utils import formatdate

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The longest true request is an app version with its files; one body must not fill the memory.
LONGEST_BODY = 1024 * 1024
_CLOSE = (b"Connection", b"close")


class BodyTooLong(Exception):
    """A request announces more bytes than are read here."""

    def __init__(self) -> None:
        super().__init__(f"Sorry, but I take at most {LONGEST_BODY} bytes.")


async def body_of(request: Request) -> bytes:
    """Return the body that Content-Length announces; raises BodyTooLong.

    A chunked body counts as none: the recorded server does not read them.
    """
    if "transfer-encoding" in request.headers:
        return b""
    if int(request.headers.get("content-length", "0")) > LONGEST_BODY:
        raise BodyTooLong
    return await request.body()


class Front:
    """Passes requests below `path` to one application and all others to another.

    It gives every response a Date and a Server, and header names the case they were recorded in;
    with `close`, it ends the connection too.
    """

    def __init__(self, path: str, inside: ASGIApp, outside: ASGIApp, close: bool) -> None:
        self._path = path
        self._inside = inside
        self._outside = outside
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        chosen = self._inside if scope["path"].startswith(self._path) else self._outside

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._headers(message["headers"])
            await send(message)

        await chosen(scope, receive, dressed)

    def _headers(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        date = formatdate(time.time(), usegmt=True).encode("ascii")
        full = [(b"Date", date), (b"Server", b"PythingsCloud")]
        full += [(name.title(), value) for name, value in headers]
        if self._close and _CLOSE not in full:
            full.append(_CLOSE)
        return full
