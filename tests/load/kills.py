"""Things that send readings while their server is killed, and count the acknowledged ones."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import dataclass, field

from tests.load.requests import Connection
from tests.patience import PATIENCE_S

_PAUSE_S = 0.02  # after a call without an answer


@dataclass
class Sender:
    """A Thing that sends readings 1, 2, 3, ...; `taken`: those that were acknowledged."""

    tid: str
    sent: int = 0
    taken: set[int] = field(default_factory=set)
    token: str = ""

    async def run(self, url: str, aid: str, end: threading.Event) -> None:
        """Send until `end`, on kept connections."""
        connection = Connection(url)
        while not end.is_set():
            try:
                if not self.token:
                    await self._register(connection, aid)
                await self._send(connection)
            # Whether the reading was stored is not known. In Python 3.10 a timeout is no OSError.
            except (OSError, asyncio.TimeoutError):
                connection.close()
                await asyncio.sleep(_PAUSE_S)
        connection.close()

    async def _register(self, connection: Connection, aid: str) -> None:
        answer = await connection.call("things/register", {"tid": self.tid, "aid": aid})
        self.token = json.loads(answer)["token"]

    async def _send(self, connection: Connection) -> None:
        self.sent += 1
        number = self.sent
        fields: dict[str, object] = {"token": self.token, "msg": number, "ts": number}
        await asyncio.wait_for(connection.call("apps/worker", fields), PATIENCE_S)
        self.taken.add(number)


class Load:
    """Several senders at work in a thread, during a `with` block."""

    def __init__(self, url: str, aid: str, count: int) -> None:
        self.senders = [Sender(f"sender-{number}") for number in range(count)]
        self._end = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run(url, aid)))

    async def _run(self, url: str, aid: str) -> None:
        await asyncio.gather(*(sender.run(url, aid, self._end) for sender in self.senders))

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()

    def taken(self) -> list[int]:
        """Return the number of acknowledged readings of each sender by now."""
        return [len(sender.taken) for sender in self.senders]
