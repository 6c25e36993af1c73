"""An attacker between a Thing and its cloud that records, changes and replays messages."""

from __future__ import annotations

from collections.abc import Callable

from tests.fakes.source import Pieces
from tests.unit.cloud.wire import Answer, Wire

# Maps (path, status, body) of the cloud's answer to the status and body that the Thing gets.
Rule = Callable[[str, int, bytes], tuple[int, bytes]]


class Middle:
    """A transport that records whole messages in `asked` and `answered`.

    `rule` changes answers, `change` changes requests.
    """

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.tid = ""
        self.body = Pieces([])
        self.asked: list[tuple[str, bytes]] = []
        self.answered: list[bytes] = []
        self.rule: Rule | None = None
        self.change: Callable[[str, bytes], bytes] | None = None

    def use(self, backend: str, ssl: bool) -> None:
        pass

    def close(self) -> None:
        pass

    def post(self, path: str, body: bytes, limit: int) -> tuple[int, str]:
        if self.change is not None:
            body = self.change(path, body)
        answer = self.wire.request("POST", path, body)
        self.asked.append((path, body))
        self.answered.append(answer.body)
        status, data = answer.status, answer.body
        if self.rule is not None:
            status, data = self.rule(path, status, data)
        self.body = Pieces(data[at : at + 100] for at in range(0, len(data), 100))
        return status, (answer.header("Content-Type") or "").split(";")[0]

    def readinto(self, buffer: memoryview) -> int:
        return self.body.readinto(buffer)

    def again(self, which: int) -> Answer:
        """Send a recorded request to the cloud again."""
        return self.wire.request("POST", *self.asked[which])
