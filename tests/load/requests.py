"""Things that ask as soon as they are answered, or at their intervals: the two loops of a bench."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

MANAGEMENT_S, READING_S = 60, 300
_OPEN_CONNECTIONS = 256
_MOST_THINGS = 2000  # registered at most: more would only take longer to begin
_CYCLE = 5  # calls: four of management, one reading


@dataclass
class Figures:
    """The duration of a run, the seconds that each answer took, and the errors."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds

    def percentile(self, share: float) -> float:
        """Return a percentile of the times, in milliseconds."""
        return sorted(self.times)[int(len(self.times) * share)] * 1000


class Connection:
    """A kept connection, used by one Thing after the other."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(self, path: str, fields: dict[str, object]) -> bytes:
        """POST and return the body; raise OSError for any status but 200."""
        body = json.dumps(fields).encode()
        head = (
            f"POST /api/v1/{path}/ HTTP/1.1\r\nHost: cloud\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        if self._streams is not None and self._streams[0].at_eof():
            self.close()  # the server has closed it: it was idle for the longest time allowed
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._url.hostname, self._url.port)
        reader, writer = self._streams
        try:
            writer.write(head.encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            received = await reader.readexactly(int(length))
        except (asyncio.IncompleteReadError, ConnectionError, ValueError) as error:
            self.close()
            raise OSError(str(error)) from error
        if not answer.startswith(b"HTTP/1.1 200"):
            raise OSError(answer.partition(b"\r\n")[0].decode() + received[:80].decode())
        return received

    def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


class Caller:
    """A Thing; `aid` None is for a server that answers anything."""

    def __init__(self, tid: str, aid: str | None) -> None:
        self._tid = tid
        self._aid = aid
        self._token = ""
        self._number = random.randrange(_CYCLE)

    async def begin(self, connection: Connection) -> None:
        """Register the Thing, unless `aid` is None."""
        if self._aid is not None:
            fields: dict[str, object] = {"tid": self._tid, "aid": self._aid}
            self._token = json.loads(await connection.call("things/register", fields))["token"]

    async def ask(self, connection: Connection) -> None:
        """Make the next call."""
        self._number += 1
        fields: dict[str, object] = {"token": self._token}
        if self._number % _CYCLE:
            await connection.call("apps/management", fields)
        else:
            reading = {"temperature": 21.5, "number": self._number}
            await connection.call("apps/worker", {**fields, "msg": reading, "ts": self._number})


async def closed(url: str, aid: str | None, clients: int, seconds: float, name: str) -> Figures:
    """Let each of so many clients ask again as soon as it is answered."""
    figures = Figures()

    async def one(number: int) -> None:
        connection, caller = Connection(url), Caller(f"{name}-{clients}-{number}", aid)
        try:
            await caller.begin(connection)
            while (began := time.monotonic()) < end:
                await caller.ask(connection)
                figures.times.append(time.monotonic() - began)
        except OSError as error:
            figures.errors.append(str(error))
        finally:
            connection.close()

    began = time.monotonic()
    end = began + seconds
    await asyncio.gather(*map(one, range(clients)))
    figures.seconds = time.monotonic() - began
    return figures


async def opened(url: str, aid: str, things: int, seconds: float) -> Figures:
    """Let so many Things ask at their intervals, jittered, whether answers are late or not."""
    figures = Figures(seconds)
    rate = things / MANAGEMENT_S + things / READING_S
    callers = [Caller(f"open-{things}-{n}", aid) for n in range(min(things, _MOST_THINGS))]
    free: asyncio.Queue[Connection] = asyncio.Queue()

    async def one(caller: Caller, due: float) -> None:
        connection = await free.get()
        try:
            await caller.ask(connection)
            figures.times.append(time.monotonic() - due)
        except OSError as error:
            figures.errors.append(str(error))
        finally:
            free.put_nowait(connection)

    async with contextlib.AsyncExitStack() as stack:
        for _ in range(_OPEN_CONNECTIONS):
            free.put_nowait(connection := Connection(url))
            stack.callback(connection.close)
        for caller in callers:
            connection = await free.get()
            await caller.begin(connection)
            free.put_nowait(connection)
        tasks: list[asyncio.Task[None]] = []
        due = time.monotonic()
        end = due + seconds
        while due < end:
            due += random.expovariate(rate)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            tasks.append(asyncio.create_task(one(callers[len(tasks) % len(callers)], due)))
        await asyncio.gather(*tasks)
    return figures
