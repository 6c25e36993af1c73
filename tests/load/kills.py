"""Things that send while what serves them is killed, and count what was acknowledged."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import dataclass, field

from tests.load.requests import Connection
from tests.patience import PATIENCE_S

_PAUSE_S = 0.02  # after what was no answer


@dataclass
class Sender:
    """One Thing that sends readings 1, 2, 3, ...; `taken`: those that were acknowledged."""

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
            except OSError:  # it is not known whether it was stored
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
    """Some senders at work in a thread, from `with` to its end."""

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
        """How many each has had acknowledged by now."""
        return [len(sender.taken) for sender in self.senders]
