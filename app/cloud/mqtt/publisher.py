"""The publisher: brings what is new to the broker, while one process has the lease for it.

The database is the buffer: what a Thing sent while the broker was gone is read from there, so that
no call waits and no memory fills. All topics are retained, and sent again after each connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import secrets
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from app.cloud.cloud import Cloud
from app.cloud.manage.service import Management
from app.cloud.mqtt.broker import Broker
from app.cloud.mqtt.messages import Messages
from app.cloud.mqtt.topics import OFFLINE, ONLINE, ThingNow, reading_topics, status_topics
from app.cloud.periodic import Periodic
from app.cloud.reader import Reader
from app.cloud.values import shown
from app.cloud.writer import Writer

if TYPE_CHECKING:
    import aiomqtt

EVERY_S = 2.0
FIRST_RETRY_S = 1.0
_LAST_RETRY_S = 60.0
_LEASE_S = 15.0
_MOST = 1000  # readings of a Thing that are brought after the broker was gone: the newest
_KEEPALIVE_S = 30  # twice that, and the broker tells the last will of a machine without power
_NAME = "mqtt"

_log = logging.getLogger("pythings.cloud")


class MqttPublisher(Periodic):
    """A task that publishes the Things; `alone`: no other process may."""

    def __init__(
        self,
        cloud: Cloud,
        reader: Reader,
        writer: Writer,
        manage: Management,
        broker: Broker,
        alone: bool,
    ) -> None:
        super().__init__(FIRST_RETRY_S, self._serve, "MQTT is not published")
        self._cloud = cloud
        self._reader = reader
        self._writer = writer
        self._broker = broker
        self._names = broker.names
        self._messages = Messages(cloud, reader, manage, broker.names)
        self._alone = alone
        self._owner = secrets.token_hex(8)
        self._renewed = 0.0  # of the monotonic clock
        self._failures = 0
        self._seen: dict[int, ThingNow] = {}  # by Thing, as it was published
        self._sent: dict[int, dict[str, str]] = {}  # by Thing: its topics and their texts
        self._last: dict[int, int] = {}  # by Thing: its newest reading that was published
        if broker.exposed:
            cloud.warn(f"the password of the MQTT broker goes to {broker.host} in the clear")

    async def _serve(self) -> None:
        """Publish until the connection or the lease ends."""
        if not await self._leads():
            return
        import aiomqtt  # most clouds have no broker

        try:
            async with self._connected() as client:
                if self._failures:
                    self._cloud.warn(f"the MQTT broker at {self._broker.host} is back")
                self._failures = 0
                await self._stay(client)
        except aiomqtt.MqttError as error:
            self._failures += 1
            if self._failures == 1:
                host = self._broker.host
                text = f"the MQTT broker at {host} does not answer ({error}); it is tried again"
                self._cloud.warn(f"{text}, and what is new waits in the database")
            pause = min(_LAST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(self._failures, 10))
            await asyncio.sleep(pause)

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[aiomqtt.Client]:
        import aiomqtt

        broker, topic = self._broker, self._names.availability
        client = aiomqtt.Client(
            broker.host,
            broker.port,
            username=broker.user or None,
            password=broker.password or None,
            # The same on all machines of a cloud: a broker lets go of one that is gone, its last
            # will is told, and only then the next begins.
            identifier="pythings-" + _digest(str(self._cloud.keys.modulus), self._names.prefix),
            will=aiomqtt.Will(topic, OFFLINE, 1, True),
            keepalive=_KEEPALIVE_S,
            tls_context=broker.context(),
            max_queued_incoming_messages=100,
            logger=logging.Logger("mqtt"),  # it repeats what MqttError says
        )
        client.pending_calls_threshold = 1000
        async with client:
            await client.publish(topic, ONLINE, 1, True)
            for sent in self._sent.values():  # the broker may have lost them
                await _send(client, sent)
            try:
                yield client
            except asyncio.CancelledError:
                with contextlib.suppress(aiomqtt.MqttError):  # the connection may have ended
                    await client.publish(topic, OFFLINE, 1, True)
                if not self._alone:
                    now = self._cloud.clock()
                    await self._writer.do(
                        lambda: self._cloud.store.leases.release(_NAME, self._owner, now)
                    )
                raise

    async def _stay(self, client: aiomqtt.Client) -> None:
        if self._broker.messages:
            await client.subscribe(self._messages.topic, 1)
        hearing = asyncio.create_task(self._hear(client))
        try:
            while await self._leads():
                await self.publish(client)
                done, _ = await asyncio.wait([hearing], timeout=EVERY_S)
                if done:  # the connection has ended
                    await hearing
                    return
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)

    async def _hear(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            await self._messages.take(str(message.topic), bytes(message.payload), message.retain)

    async def _leads(self) -> bool:
        """Tell whether this process has the lease, and renew it in time."""
        if self._alone or time.monotonic() - self._renewed < _LEASE_S / 3:
            return True
        now = self._cloud.clock()
        taken = await self._writer.do(
            lambda: self._cloud.store.leases.take(_NAME, self._owner, now, _LEASE_S)
        )
        if taken:
            self._renewed = time.monotonic()
        return taken

    async def publish(self, client: aiomqtt.Client) -> None:
        """Publish what has changed since the last call."""
        there, changed = await self._reader.do(self._look)
        for it in changed:
            if not await self._leads():
                return
            await self._thing(client, it)
            self._seen[it.id] = it
        for gone in [thing_id for thing_id in self._sent if thing_id not in there]:
            await _send(client, dict.fromkeys(self._sent[gone], ""))
            for known in (self._seen, self._sent, self._last):
                known.pop(gone, None)

    def _look(self, cloud: Cloud) -> tuple[set[int], list[ThingNow]]:
        """Return the numbers of all Things, and those that are not as they were published."""
        things = cloud.store.mirror.things(cloud.clock())
        changed = [it for it in things if self._seen.get(it.id) != it]
        return {it.id for it in things}, changed

    async def _thing(self, client: aiomqtt.Client, it: ThingNow) -> None:
        sent = self._sent.setdefault(it.id, {})
        topics = status_topics(self._names, it)
        if sent and set(topics).isdisjoint(sent):  # it is in another app
            await _send(client, dict.fromkeys(sent, ""))
            sent.clear()
            self._last.pop(it.id, None)
        await self._changed(client, sent, topics)
        last = self._last.get(it.id)
        if it.ts is None or it.msg is None or it.ts == last:
            return
        news = [(it.ts, shown(it.msg))] if last is None else await self._between(it, last)
        for ts, msg in news:
            await self._changed(client, sent, reading_topics(self._names, it, ts, msg))
        self._last[it.id] = it.ts

    async def _between(self, it: ThingNow, last: int) -> list[tuple[int, Any]]:
        """Return the readings after the last one that was published, oldest first."""
        assert it.ts is not None
        first, end = last + 1, it.ts + 1
        found = await self._reader.do(
            lambda cloud: cloud.store.ranges.page(it.aid, it.tid, first, end, _MOST, newest=True)
        )
        if len(found) == _MOST:
            self._cloud.warn(f"MQTT: only the newest {_MOST} readings of {it.tid} are published")
        return [(round(one.ts * 1e6), one.msg) for one in reversed(found)]

    async def _changed(
        self, client: aiomqtt.Client, sent: dict[str, str], topics: dict[str, str]
    ) -> None:
        new = {topic: text for topic, text in topics.items() if sent.get(topic) != text}
        await _send(client, new)
        sent.update(new)


async def _send(client: aiomqtt.Client, topics: dict[str, str]) -> None:
    """Publish texts, retained, and wait until the broker has them; an empty one removes a topic."""
    await asyncio.gather(*(client.publish(topic, text, 1, True) for topic, text in topics.items()))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
