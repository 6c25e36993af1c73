"""The session that a sleeping Thing carries over to its next wake.

It is used once: the numbers of an encrypted session must never come twice. Its keys lie in the
RTC's memory or, on Linux, in a file for its owner alone (docs/security.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from domain.health.status import OK
from domain.levels import INFO

if TYPE_CHECKING:
    from domain.thing import Thing

    # The gateway's session, part of the day, app's version, parts reported as fine, remarks.
    Carried = tuple[list[object], int, str, list[str], list[str]]

# It registers again in each such part of a day: that sets the clock, and a sleeping board's drifts.
SESSION_S = 21600
_MOST = 80  # characters of the last remark: the memory of an ESP8266's RTC is small


def carry(thing: Thing) -> object:
    """Return the session as JSON, with the reports made in it; None if there is none. One
    that this run has not used yet is returned as it came."""
    if thing.carried or not thing.cloud.in_session():
        return thing.carried
    told = thing.status.told
    fine = [name for name in told if told[name] == (OK, "")]
    part = (thing.clock.epoch() or 0) // SESSION_S
    remarks = [text[:_MOST] for text in thing.status.remarks[-1:]]
    return [thing.cloud.keep(), part, thing.app_told, fine, remarks]


def resume(thing: Thing) -> bool:
    """Take up the session that was carried here; return whether it is still good."""
    carried, thing.carried = thing.carried, None
    try:
        session, part, app, fine, remarks = cast("Carried", carried)
        late = part != (thing.clock.epoch() or 0) // SESSION_S
        if late or (thing.exposed and not session[1]):
            return False
        thing.cloud.resume(session)
    except (ValueError, TypeError, IndexError):
        return False
    thing.app_told = app
    thing.status.new_session()
    thing.status.told = dict.fromkeys(fine, (OK, ""))
    thing.status.remarks = remarks
    backend, ssl = thing.backend()
    thing.cloud.use(backend, ssl)
    thing.tell(INFO, "resumed", backend=backend, tls=ssl)
    return True
