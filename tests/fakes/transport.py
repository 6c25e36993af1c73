"""HTTP exchanges whose answers are a script."""

from __future__ import annotations

from typing import Callable

from domain.errors import CloudError, ThingError

Answer = tuple[int, str, bytes]


class FakeTransport:
    """`answers` holds what the next posts give: (status, content type, body), an error, or a
    function of (path, body) that gives the one or the other. `handler` answers the rest."""

    def __init__(self, *answers: Answer | ThingError | Callable[[str, bytes], Answer]) -> None:
        self.answers = list(answers)
        self.handler: Callable[[str, bytes], Answer] = lambda path, body: (404, "text/html", b"")
        self.posts: list[tuple[str, bytes]] = []
        self.backend = ""
        self.ssl = False
        self.uses: list[tuple[str, bool]] = []
        self.closes = 0
        self.piece = 64

    def use(self, backend: str, ssl: bool) -> None:
        self.uses.append((backend, ssl))
        self.backend, self.ssl = backend, ssl

    def post(
        self,
        path: str,
        body: bytes,
        limit: int,
        write: Callable[[bytes], None] | None = None,
    ) -> tuple[int, str, bytes]:
        self.posts.append((path, bytes(body)))
        answer = self.answers.pop(0) if self.answers else self.handler
        if isinstance(answer, ThingError):
            raise answer
        status, kind, content = answer(path, bytes(body)) if callable(answer) else answer
        if write and status == 200:
            for start in range(0, min(len(content), limit), self.piece):
                write(content[start : min(start + self.piece, limit)])
        if status != 200:
            return status, kind, content[:4096]
        if len(content) > limit:
            raise CloudError("too_long", f"the answer has more than {limit} bytes")
        return status, kind, b"" if write and status == 200 else content

    def close(self) -> None:
        self.closes += 1
