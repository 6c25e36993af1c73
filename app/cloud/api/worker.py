"""Call `apps/worker`: stores a reading."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

from app.cloud.api.call import LONGEST, Call, session_of, thing_of, token_of
from app.cloud.api.errors import HERE, ApiError, Trouble
from app.cloud.cloud import Cloud
from app.cloud.database.connection import Taken

_LONGEST = 512  # characters of the message as JSON
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def worker(cloud: Cloud, call: Call) -> None:
    """Store `msg` under the time `ts`, or now."""
    # The recorded server looks at the fields before it looks at the session.
    token_of(call)
    message = call.fields.get("msg")
    if not message:
        raise ApiError(400, HERE + 'Sorry, but I got an empty "msg".')
    ts = call.fields.get("ts")
    time = _microseconds(cloud.clock() if ts is None else ts)
    session_of(cloud, call)
    thing = thing_of(call)
    app = cloud.store.apps.with_id(thing.app_id)
    if cloud.store.accounts.full_of_messages(app.account):
        cloud.warn(
            f"account {app.account} has all the messages that it may have, no more are stored:"
            " `pythings cloud limits` changes that"
        )
        raise ApiError(401, "Sorry, but you reached the messages limit for your account!")
    size = len(json.dumps(message))
    if size > _LONGEST:
        raise ApiError(400, HERE + f"Error: message too long ({size} chars, maximum is {_LONGEST})")
    try:
        cloud.store.readings.add(app.aid, thing.tid, time, message, cloud.clock())
    except Taken as error:
        raise Trouble("there is a reading of this time already") from error
    call.note = json.dumps(message)


def _microseconds(ts: object) -> int:
    try:
        moment = datetime.fromtimestamp(float(ts), timezone.utc)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise ApiError(
            400, HERE + f'Sorry, but I cannot read the time "{str(ts)[:LONGEST]}".'
        ) from error
    return (moment - _EPOCH) // timedelta(microseconds=1)
