"""Call `things/report`: how a task went, and the reply to a message."""

from __future__ import annotations

import json
from typing import Any

from app.cloud.api.call import LONGEST, Call, session_of, token_of
from app.cloud.api.errors import HERE, ApiError, Trouble
from app.cloud.cloud import Cloud
from app.cloud.tables.sessions import STATUSES, Session

_LONGEST_STATUS = 4096  # characters; more are dropped
_LONGEST_REPLY = 256 * 1024  # a command may print 64 KiB, which JSON escapes may lengthen


def report(cloud: Cloud, call: Call) -> None:
    """Store the status of `what`; for a reply to a message, the reply too."""
    token_of(call, 401)
    what = _required(call, "what")
    status = _required(call, "status")
    if what not in STATUSES:
        raise ApiError(
            400, HERE + f'Sorry, but I know nothing of "{str(what)[:LONGEST]}" to report on.'
        )
    lost = HERE + "Soory, could not find token."
    session = session_of(cloud, call, lost)
    if not isinstance(status, str):
        raise Trouble("the status is not text")
    message = call.fields.get("msg")
    if what == "management" and message and _is_reply(message):
        _reply(cloud, session, message)
    elif message:
        status = f"{status}: {message}"
    status = status[:_LONGEST_STATUS]
    cloud.store.sessions.report(token_of(call), what, status, cloud.clock())
    call.note = f"{what} {status}"


def _required(call: Call, name: str) -> Any:
    value = call.fields.get(name)
    if not value:
        raise ApiError(401, HERE + f'Error: "{name}" to report is required.')
    return value


def _is_reply(message: object) -> bool:
    """Tell whether `mid` is in the message, which for the recorded server is any occurrence."""
    if isinstance(message, (str, list)) and "mid" in message:
        raise Trouble("a message with mid in it is no reply")
    if not isinstance(message, (str, list, dict)):
        raise Trouble("the message is neither text nor a reply")
    return "mid" in message


def _reply(cloud: Cloud, session: Session, message: dict[str, Any]) -> None:
    if session.thing_id is not None:
        mid = str(message["mid"])
        reply = _bounded(message.get("rep"))
        cloud.store.messages.receive(session.thing_id, mid, reply, cloud.clock())


def _bounded(reply: Any) -> Any:
    """Return a reply, cut to the beginning of its JSON if that is longer than any Thing's."""
    text = json.dumps(reply)
    return reply if len(text) <= _LONGEST_REPLY else f"{text[:_LONGEST_REPLY]} (cut)"
