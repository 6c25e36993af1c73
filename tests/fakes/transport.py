"""HTTP exchanges with scripted answers."""

from __future__ import annotations

from typing import Callable

from domain.errors import CloudError, ThingError
from tests.fakes.source import Pieces

Answer = tuple[int, str, bytes]


class FakeTransport:
    """A transport: `answers` holds the results of the next posts: (status, content type, body), an
    error, or a function of (path, body) for either. `handler` answers all later posts."""

    def __init__(self, *answers: Answer | ThingError | Callable[[str, bytes], Answer]) -> None:
        self.answers = list(answers)
        self.handler: Callable[[str, bytes], Answer] = lambda path, body: (404, "text/html", b"")
        self.posts: list[tuple[str, bytes]] = []
        self.backend = ""
        self.ssl = False
        self.uses: list[tuple[str, bool]] = []
        self.closes = 0
        self._body = Pieces([])

    def use(self, backend: str, ssl: bool) -> None:
        self.uses.append((backend, ssl))
        self.backend, self.ssl = backend, ssl

    def post(self, path: str, body: bytes, limit: int) -> tuple[int, str]:
        self._body = Pieces([])
        self.posts.append((path, bytes(body)))
        answer = self.answers.pop(0) if self.answers else self.handler
        if isinstance(answer, ThingError):
            raise answer
        status, kind, content = answer(path, bytes(body)) if callable(answer) else answer
        if status == 200 and len(content) > limit:
            raise CloudError("too_long", f"the answer has more than {limit} bytes")
        self._body = Pieces([content if status == 200 else content[:4096]])
        return status, kind

    def readinto(self, buffer: memoryview) -> int:
        return self._body.readinto(buffer)

    def close(self) -> None:
        self.closes += 1
