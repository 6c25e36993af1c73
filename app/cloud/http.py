"""The HTTP layer that both APIs share: bounded bodies, and the headers of every response."""

from __future__ import annotations

import time
from collections import Counter
from email.utils import formatdate

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.cloud.api.errors import HERE
from app.cloud.guests import address_of
from app.cloud.hosts import Hosts
from app.cloud.problems import problem

# The longest true request is an app version with its files; one body must not fill the memory.
LONGEST_BODY = 1024 * 1024
_LARGE = 64 * 1024  # bytes; a Thing sends more only in long replies to commands
_MOST = 64  # large bodies at a time, in all
_MOST_BY_ADDRESS = 16
_CLOSE = (b"Connection", b"close")

API = "pythings.api"  # key in the scope: the name of the request in the metrics


class BodyTooLong(Exception):
    """A request that announces more than LONGEST_BODY bytes."""

    def __init__(self) -> None:
        super().__init__(f"Sorry, but I take at most {LONGEST_BODY} bytes.")


class Busy(Exception):
    """Too many large requests are under way."""

    def __init__(self) -> None:
        super().__init__("Sorry, but there are too many large requests. Please try again later.")


class Bodies:
    """A reader of bodies; of large ones, only some at a time, which together fit into memory."""

    def __init__(self) -> None:
        self._large: Counter[str] = Counter()  # by address

    async def read(self, request: Request) -> bytes:
        """Return the body that Content-Length announces; raises BodyTooLong and Busy.

        A chunked body counts as none: the recorded server does not read them.
        """
        if "transfer-encoding" in request.headers:
            return b""
        length = int(request.headers.get("content-length", "0"))
        if length > LONGEST_BODY:
            raise BodyTooLong
        if length <= _LARGE:
            return await request.body()
        address = client_of(request)
        if self._large[address] >= _MOST_BY_ADDRESS or sum(self._large.values()) >= _MOST:
            raise Busy
        self._large[address] += 1
        try:
            return await request.body()
        finally:
            self._large -= Counter((address,))


def client_of(request: Request) -> str:
    """Return the address that a request came from, as the trusted proxies tell it."""
    return address_of(request.client.host) if request.client else ""


class Front:
    """Passes requests below `path` to one application and all others to another.

    Before, it refuses requests of ambiguous length, which a proxy may end elsewhere, and those of
    a web page of another site. It gives every response a Date and a Server, and header names the
    case they were recorded in; with `close`, it ends the connection too.
    """

    def __init__(
        self, path: str, inside: ASGIApp, outside: ASGIApp, hosts: Hosts, close: bool
    ) -> None:
        self._path = path
        self._inside = inside
        self._outside = outside
        self._hosts = hosts
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._headers(message["headers"])
            await send(message)

        await self._chosen(scope)(scope, receive, dressed)

    def _chosen(self, scope: Scope) -> ASGIApp:
        headers = Headers(scope=scope)
        inside = scope["path"].startswith(self._path)
        refusal = _ambiguous(scope, headers) or self._hosts.refusal(
            headers.get("host", ""), headers.get("origin")
        )
        if refusal is None:
            return self._inside if inside else self._outside
        status, text = refusal
        # The next bytes may be the body of this request, and not the next request.
        close = {"Connection": "close"}
        if inside:
            return problem(status, text, close)
        return JSONResponse(HERE + text, status, close)

    def _headers(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        date = formatdate(time.time(), usegmt=True).encode("ascii")
        full = [(b"Date", date), (b"Server", b"PythingsCloud")]
        full += [(name.title(), value) for name, value in headers]
        if self._close and _CLOSE not in full:
            full.append(_CLOSE)
        return full


def _ambiguous(scope: Scope, headers: Headers) -> tuple[int, str] | None:
    """Refuse a request that a proxy may cut elsewhere (RFC 9112, 6.1); h11 refuses the others."""
    if "transfer-encoding" not in headers:
        return None
    if "content-length" in headers or scope["http_version"] < "1.1":
        return 400, "Sorry, but I cannot tell where this request ends."
    return None
