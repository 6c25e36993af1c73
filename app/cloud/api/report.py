"""Call `things/report`: how a task went, and the reply to a message."""

from __future__ import annotations

from typing import Any

from app.cloud.api.call import Call, session_of, token_of
from app.cloud.api.errors import HERE, ApiError, Trouble
from app.cloud.cloud import Cloud
from app.cloud.tables.sessions import STATUSES, Session


def report(cloud: Cloud, call: Call) -> None:
    """Store the status of `what`; for a reply to a message, the reply too."""
    token_of(call, 401)
    what = _required(call, "what")
    status = _required(call, "status")
    if what not in STATUSES:
        raise ApiError(400, HERE + f'Sorry, but I know nothing of "{what}" to report on.')
    lost = HERE + "Soory, could not find token."
    session = session_of(cloud, call, lost)
    if not isinstance(status, str):
        raise Trouble("the status is not text")
    message = call.fields.get("msg")
    if what == "management" and message and _is_reply(message):
        _reply(cloud, session, message)
    elif message:
        status = f"{status}: {message}"
    cloud.store.sessions.report(token_of(call), what, status)
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
        cloud.store.messages.receive(session.thing_id, mid, message.get("rep"), cloud.clock())
