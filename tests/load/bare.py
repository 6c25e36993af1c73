"""The least work of a server of this kind: one Starlette endpoint that answers `{}`."""

from __future__ import annotations

import json
import socket

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the body, as any call needs it, and answer."""
    await Request(scope, receive).body()
    await Response(b"{}", media_type="application/json")(scope, receive, send)


def main() -> None:
    """Print the URL, and serve until SIGTERM."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print(json.dumps({"url": f"http://127.0.0.1:{listener.getsockname()[1]}"}), flush=True)
    config = uvicorn.Config(
        app, http="h11", loop="asyncio", ws="none", lifespan="off", log_config=None
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
