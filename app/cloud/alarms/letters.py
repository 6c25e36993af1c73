"""The texts of alarms: the JSON of a webhook, and the e-mail."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from adapters.linux.console import printable
from app.cloud.alarms import rules
from app.cloud.alarms.mail import Letter
from app.cloud.cli.table import moment
from app.cloud.tables.alarm_events import AlarmEvent
from app.cloud.tables.alarms import Alarm
from app.cloud.tables.apps import AppRow

_LONGEST = 120  # characters of a subject


def payload_of(alarm: Alarm, app: AppRow, events: Sequence[AlarmEvent]) -> dict[str, Any]:
    """Return the value that a webhook is sent: the alarm, and its events, oldest first."""
    return {
        "alarm": {
            "id": alarm.id,
            "aid": app.aid,
            "app": app.name,
            "pool": alarm.pool,
            "rule": alarm.rule.text(),
        },
        "events": [
            {
                "id": event.uid,
                "time": event.time,
                "tid": event.tid,
                "change": event.change,
                "detail": event.detail,
            }
            for event in events
        ],
    }


def letter_of(alarm: Alarm, app: AppRow, events: Sequence[AlarmEvent]) -> Letter:
    """Return the e-mail about events of an alarm, oldest first."""
    place = f"{app.name}/{alarm.pool}"
    subject = printable(f"[Pythings] {place}: {_summary(alarm, events)}")
    lines = [f"Alarm {alarm.id} of {place}: {alarm.rule.text()}", ""]
    for event in events:
        who = event.tid or "(test)"
        lines.append(f"{moment(event.time)}  {event.change}  {who}: {event.detail}")
    lines += ["", "Each change is told once; a copy with the same Message-ID is a second try."]
    return Letter(
        alarm.shown,
        subject[:_LONGEST],
        [printable(line) for line in lines],
        hashlib.sha256("".join(event.uid for event in events).encode()).hexdigest()[:32],
        events[-1].time,
    )


def _summary(alarm: Alarm, events: Sequence[AlarmEvent]) -> str:
    if len(events) == 1:
        (event,) = events
        if event.change == rules.TEST:
            return "a test"
        again = " no longer" if event.change == rules.CLEARED else ""
        return f"{event.tid}{again}: {alarm.rule.text()}"
    raised = sum(event.change == rules.RAISED for event in events)
    return f"{raised} raised, {len(events) - raised} cleared: {alarm.rule.text()}"
