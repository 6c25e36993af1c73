"""The newest session and the newest reading of a Thing, as parts of larger statements."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select

from app.cloud.database.schema import reading, series, session, thing

AHEAD_US = 60_000_000  # that a Thing's clock may be ahead: a reading of next year hides all others

_session = session.alias()
# The id of the newest session of the row of `thing` that proved its identity.
SESSION = (
    select(func.max(_session.c.id))
    .where(_session.c.thing_id == thing.c.id, _session.c.proved == 1)
    .correlate(thing)
    .scalar_subquery()
)
_reading = reading.alias()
# The time of the newest reading of the row of `series`, between the parameters `first` and `end`.
READING = (
    select(func.max(_reading.c.ts))
    .where(
        _reading.c.series_id == series.c.id,
        _reading.c.ts >= bindparam("first"),
        _reading.c.ts <= bindparam("end"),
    )
    .correlate(series)
    .scalar_subquery()
)
