"""Times of the web API: epoch seconds or ISO 8601 in requests, ISO 8601 in UTC in answers."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)
_SECONDS = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")
_DATE = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ]([0-9]{2}:[0-9]{2})(:[0-9]{2})?(\.[0-9]{1,6})?)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})?"
)


def read(value: object) -> int | None:
    """Return microseconds since 1970 UTC for epoch seconds or a date text, else None.

    A text without an offset is UTC.
    """
    text = str(value) if isinstance(value, (int, float, str)) else ""
    try:
        if _SECONDS.fullmatch(text):
            moment = _EPOCH + timedelta(seconds=float(text))
        else:
            moment = _dated(text)
    except (ValueError, OverflowError):  # no such day, or beyond the years 1 to 9999
        return None
    return (moment - _EPOCH) // _MICROSECOND


def shown(seconds: float) -> str:
    """Return a time in seconds as ISO 8601, in UTC to the microsecond."""
    moment = _EPOCH + timedelta(microseconds=round(seconds * 1e6))
    return moment.isoformat().removesuffix("+00:00") + "Z"


def _dated(text: str) -> datetime:
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    day, minute, second, fraction, offset = found.groups()
    # The form that Python 3.10 reads, too: whole fields, six digits, no Z.
    clock = f"{minute or '00:00'}{second or ':00'}.{(fraction or '.')[1:]:0<6}"
    zone = "+00:00" if offset in (None, "Z") else offset
    return datetime.fromisoformat(f"{day}T{clock}{zone}")
