"""Call `apps/management`: the settings, and at most one queued message."""

from __future__ import annotations

from typing import Any

from app.cloud.api.call import Call, session_of, thing_of, token_of
from app.cloud.api.errors import HERE
from app.cloud.attention import with_soon
from app.cloud.cloud import Cloud
from app.cloud.identity import prove
from app.cloud.settings import settings_in

_LOST = HERE + "Error: token not found (managemet api)."


def management(cloud: Cloud, call: Call) -> dict[str, Any]:
    """Return the settings; with a message once the session has reported its management OK."""
    session = session_of(cloud, call, _LOST, proving=True)
    thing = thing_of(call)
    prove(cloud, call, session, thing)
    call.known = True
    cloud.store.sessions.touch(token_of(call), cloud.clock())
    answer: dict[str, Any] = {
        "settings": with_soon(cloud, thing, settings_in(cloud, thing, session))
    }
    call.note += "settings"
    if session.management.startswith("OK"):
        message = cloud.store.messages.deliver(thing.id, cloud.clock())
        if message is not None:
            answer.update(msg=message.msg, mid=message.mid, type=message.type)
            call.note += f", {message.type} message {message.mid}"
    return answer
