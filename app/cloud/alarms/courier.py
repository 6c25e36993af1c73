"""The courier: takes events from the outbox to mail servers and webhooks.

One process at a time delivers an alarm's events, by a lease. One that ends before it has noted the
delivery is followed by another: an event comes at least once, and has the same id each time.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from app.cloud.alarms import mail, webhook
from app.cloud.alarms.letters import letter_of, payload_of
from app.cloud.cloud import Cloud
from app.cloud.periodic import Periodic
from app.cloud.reader import Reader
from app.cloud.tables.alarm_events import AlarmEvent
from app.cloud.tables.alarms import MAIL, Alarm, WebhookTarget
from app.cloud.tables.apps import AppRow
from app.cloud.writer import Writer

EVERY_S = 5.0
TIMEOUT_S = 30.0  # of one delivery
FIRST_RETRY_S = 5.0
LAST_RETRY_S = 900.0
GIVE_UP_S = 3 * 86_400.0
_LEASE_S = 120.0  # more than a delivery and its notes take
_BATCH = 100  # events in one message
_MOST = 16  # deliveries at a time
_NO_MAIL = "this cloud sends no e-mail: start it with --smtp and --mail-from"
_NO_TARGET = "its URL went with the key of the database: remove it, and add it again"

_log = logging.getLogger("pythings.cloud")


@dataclass(frozen=True)
class _Parcel:
    """Events of an alarm to deliver together."""

    alarm: Alarm
    app: AppRow
    target: WebhookTarget | None
    events: list[AlarmEvent]


def retry_s(failures: int, jitter: Callable[[], float] = random.random) -> float:
    """Return the seconds to wait after so many failures: twice as long each time, with jitter."""
    longest: float = min(LAST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(failures - 1, 30))
    return longest * (0.75 + 0.25 * jitter())


class Courier(Periodic):
    """A task that delivers waiting letters, at once after `wake`, and each few seconds."""

    def __init__(
        self, cloud: Cloud, reader: Reader, writer: Writer, server: mail.MailServer | None
    ) -> None:
        super().__init__(EVERY_S, self._begin, "alarms are not delivered")
        self._cloud = cloud
        self._reader = reader
        self._writer = writer
        self._server = server
        self._tasks: dict[int, asyncio.Task[None]] = {}  # by alarm

    async def close(self) -> None:
        """Stop; deliveries under way are cut, and made again later."""
        await super().close()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _begin(self) -> None:
        now = self._cloud.clock()
        for number in await self._reader.do(lambda it: it.store.alarms.to_send(now, _LEASE_S)):
            if len(self._tasks) < _MOST and number not in self._tasks:
                task = asyncio.create_task(self._deliver(number))
                self._tasks[number] = task
                task.add_done_callback(lambda _, number=number: self._tasks.pop(number))  # type: ignore[misc]

    async def _deliver(self, number: int) -> None:
        """Deliver all that waits for one alarm, until a delivery fails."""
        (failed,) = await asyncio.gather(self._emptied(number), return_exceptions=True)
        if isinstance(failed, Exception):  # the lease ends by itself: it is tried again then
            _log.warning("alarm %d is not delivered for now: %s", number, failed)

    async def _emptied(self, number: int) -> None:
        more = True
        while more:
            parcel = await self._writer.do(lambda: self._taken(number))
            if parcel is None:
                return
            more = await self._carried(parcel)

    async def _carried(self, parcel: _Parcel) -> bool:
        """Deliver a parcel and note how it went; tell whether another may follow at once."""
        error = ""
        try:
            await self._send(parcel)
        except webhook.Undelivered as failure:
            error = str(failure)
        except asyncio.CancelledError:
            await self._writer.do(lambda: self._returned(parcel))
            raise
        return await self._writer.do(lambda: self._noted(parcel, error))

    def _taken(self, number: int) -> _Parcel | None:
        store, now = self._cloud.store, self._cloud.clock()
        if not store.alarms.lease(number, now, _LEASE_S):
            return None
        alarm = store.alarms.get(number)
        assert alarm is not None  # it is leased
        gone = store.alarm_events.give_up(number, now - GIVE_UP_S)
        if gone:
            days = GIVE_UP_S / 86_400
            text = f"{gone} events were given up after {days:.0f} days: {alarm.error}"
            self._cloud.warn(f"alarm {number}: {text}")
        events = store.alarm_events.waiting(number, _BATCH)
        if not events:
            store.alarms.went(number, alarm.failures, alarm.retry, alarm.error)
            return None
        app = store.apps.with_id(alarm.app_id)
        return _Parcel(alarm, app, store.alarms.target(number), events)

    async def _send(self, parcel: _Parcel) -> None:
        alarm, now = parcel.alarm, self._cloud.clock()
        if alarm.means == MAIL:
            if self._server is None:
                raise webhook.Undelivered(_NO_MAIL)
            letter = letter_of(alarm, parcel.app, parcel.events)
            await mail.send(self._server, letter, TIMEOUT_S)
            return
        if parcel.target is None:
            raise webhook.Undelivered(_NO_TARGET)
        body = json.dumps(payload_of(alarm, parcel.app, parcel.events)).encode()
        hook = webhook.WebhookCall(parcel.target.url, parcel.target.secret, alarm.inside)
        await webhook.post(hook, int(now), body, TIMEOUT_S)

    def _returned(self, parcel: _Parcel) -> None:
        """End the lease of a delivery that was cut."""
        it = parcel.alarm
        self._cloud.store.alarms.went(it.id, it.failures, it.retry, it.error)

    def _noted(self, parcel: _Parcel, error: str) -> bool:
        """Note how a delivery went; tell whether it may be followed by another at once."""
        store, now, it = self._cloud.store, self._cloud.clock(), parcel.alarm
        if error:
            failed = replace(it, failures=it.failures + 1)
            store.alarms.went(it.id, failed.failures, now + retry_s(failed.failures), error)
            if failed.failures == 1:
                self._cloud.warn(f"alarm {it.id} cannot be delivered to {it.shown}: {error}")
            return False
        for event in parcel.events:
            store.alarm_events.sent(event, now)
        store.alarms.went(it.id, 0, 0.0, "")
        return len(parcel.events) == _BATCH
