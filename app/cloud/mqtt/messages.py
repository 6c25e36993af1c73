"""Messages from the broker to Things: to their apps only, and never commands."""

from __future__ import annotations

from app.cloud.api.body import parse_json
from app.cloud.cloud import Cloud
from app.cloud.database.connection import Unavailable
from app.cloud.manage.service import Management
from app.cloud.manage.service.messages import APP
from app.cloud.manage.service.office import Actor, Page, Refused, Role
from app.cloud.mqtt.topics import MESSAGE, Names
from app.cloud.reader import Reader
from app.cloud.values import Unshowable

_LONGEST = 4096  # bytes of a message
_MOST = 100  # that are queued for a Thing


class Messages:
    """The receiver of messages."""

    def __init__(self, cloud: Cloud, reader: Reader, manage: Management, names: Names) -> None:
        self._cloud = cloud
        self._reader = reader
        self._manage = manage
        self._names = names

    @property
    def topic(self) -> str:
        """Return the topic to subscribe to."""
        return f"{self._names.prefix}/+/+/{MESSAGE}"

    async def take(self, topic: str, payload: bytes, retained: bool) -> None:
        """Queue a message for the Thing that its topic names, or warn of it."""
        receiver = self._names.receiver(topic)
        if receiver is None:
            return
        try:
            if retained:
                raise Refused(422, "it is retained, and would come again with each connection")
            await self._queue(*receiver, payload)
        except (Refused, Unavailable) as error:
            self._cloud.warn(f"a message by MQTT to {receiver[1]} is not taken: {error}")

    async def _queue(self, aid: str, tid: str, payload: bytes) -> None:
        if len(payload) > _LONGEST:
            raise Refused(422, f"it has more than {_LONGEST} bytes")
        value = _value(payload)
        apps = await self._reader.do(lambda it: it.store.apps.with_aid(aid))
        roles = {app.id: Role.DEVELOPER for app in apps if not app.hidden}
        actor = Actor("(mqtt)", -1, roles=roles, most=Role.DEVELOPER)  # no person has this number
        waiting = await self._manage.messages.find(actor, tid, Page(limit=1), "queued")
        if waiting.total >= _MOST:
            raise Refused(422, f"{_MOST} messages are queued for it")
        await self._manage.messages.queue(actor, tid, APP, value)


def _value(payload: bytes) -> object:
    """Return the JSON value of a payload, or its text; raises Refused."""
    try:
        text = payload.decode()
        return parse_json(text)
    except UnicodeDecodeError as error:
        raise Refused(422, "it is not UTF-8") from error
    except Unshowable as error:
        raise Refused(422, f"it {error}") from error
    except ValueError:
        return text
