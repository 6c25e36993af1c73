"""A Thing as a row of the table: its state in one word, and its last error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from app.cloud.manage.service.things import ThingInfo
from app.cloud.settings import online_for

ONLINE, LATE, WAITING = "online", "silent", "not registered"
_PARTS = ("worker", "management", "pythings")
_FINE = ("ok", "unknown")  # beginnings of a status without an error
_LONGEST = 300  # characters of an error in the table


@dataclass(frozen=True)
class Row:
    """A row of the table; `seen` in seconds since 1970 UTC, 0 for never.

    `late_at`: from when on it is silent if it does not call; on the server only.
    """

    tid: str
    state: str
    app: str
    aid: str
    app_version: str
    os_version: str
    pool: str
    platform: str
    seen: float
    trouble: str
    late_at: float = 0.0

    def shown(self) -> dict[str, Any]:
        """Return the row as data for the table."""
        return {name: value for name, value in self.__dict__.items() if name != "late_at"}


def address_of(tid: str) -> str:
    """Return the address of a Thing's page: of an id it keeps letters, digits, - and _ only."""
    plain = quote(tid, safe="").replace("~", "~7E").replace(".", "~2E")
    return "/things/" + plain.replace("%", "~")


def tid_of(part: str) -> str:
    """Return the id in the address of a Thing's page."""
    return unquote(part.replace("~", "%"))


def row_of(thing: ThingInfo) -> Row:
    """Return the row of a Thing, from the cloud's data."""
    return Row(
        tid=thing.tid,
        state=_state(thing),
        app=thing.app,
        aid=thing.aid,
        app_version=thing.app_version or "",
        os_version=thing.pythings_version or "",
        pool=thing.pool,
        platform=thing.platform or "",
        seen=thing.last_contact or 0.0,
        trouble=" ".join(trouble_of(thing).split())[-_LONGEST:],
        late_at=(thing.last_contact or 0.0) + online_for(thing.settings),
    )


def trouble_of(thing: ThingInfo) -> str:
    """Return the first status that reports an error, empty if all is well."""
    for part in _PARTS:
        text = str(getattr(thing, part) or "")
        if text and not text.lower().startswith(_FINE):
            return text.removeprefix("KO: ")
    return ""


def _state(thing: ThingInfo) -> str:
    if not thing.active:
        return WAITING
    return ONLINE if thing.online else LATE
