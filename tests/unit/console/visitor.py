"""A browser without a window: asks an ASGI application, and keeps its cookies."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode


@dataclass(frozen=True)
class Answer:
    """The answer to a request; of several headers of one name, the last."""

    status: int
    headers: dict[str, str]
    text: str


class Visitor:
    """A visitor of the console at `address`."""

    def __init__(self, app: Any, address: str) -> None:
        self._app = app
        self._address = address
        self._cookie = ""

    def get(self, path: str, **headers: str) -> Answer:
        """Ask for a page."""
        return self._ask("GET", path, headers, b"")

    def post(self, path: str, origin: str = "http://127.0.0.1", **fields: str) -> Answer:
        """Send a form."""
        kind = "application/x-www-form-urlencoded"
        return self._ask(
            "POST", path, {"origin": origin, "content-type": kind}, urlencode(fields).encode()
        )

    def socket(self, path: str) -> list[str]:
        """Open a web socket, and return the kinds of messages that arrived."""
        sent = self._run("websocket", "GET", path, {}, [{"type": "websocket.connect"}])
        return [message["type"] for message in sent]

    def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        sent = self._run("http", method, path, headers, [{"type": "http.request", "body": body}])
        start = sent[0]
        found = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        if "set-cookie" in found:
            self._cookie = found["set-cookie"].partition(";")[0]
        text = b"".join(message.get("body", b"") for message in sent[1:]).decode()
        return Answer(start["status"], found, text)

    def _run(
        self, kind: str, method: str, path: str, headers: dict[str, str], received: list[Any]
    ) -> list[Any]:
        given = {"host": "127.0.0.1", "cookie": self._cookie, **headers}
        scope = {
            "type": kind,
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "scheme": "http",
            "http_version": "1.1",
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "client": (self._address, 1),
            "server": ("127.0.0.1", 80),
            "subprotocols": [],
        }
        sent: list[Any] = []

        async def receive() -> Any:
            return received.pop(0) if received else {"type": f"{kind}.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(self._app(scope, receive, send))
        return sent
