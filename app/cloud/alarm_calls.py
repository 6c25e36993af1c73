"""The calls of the management API that are about alarms."""

from __future__ import annotations

from typing import Any

from app.cloud.caller import Caller, Row, part


class AlarmCalls(Caller):
    """A client of the alarms. Every method raises AdminError."""

    def add_alarm(self, aid: str, pool: str, **wish: Any) -> Row:
        """Add an alarm to a pool and return it; the wish: see the API."""
        return dict(self.send("POST", f"apps/{part(aid)}/pools/{part(pool)}/alarms", **wish))

    def alarms(self, aid: str | None = None) -> list[Row]:
        """Return all alarms, of one app with `aid`, newest first."""
        return self.all("alarms", aid=aid)

    def alarm(self, number: int) -> Row:
        """Return one alarm."""
        return dict(self.get(f"alarms/{number}"))

    def alarm_things(self, number: int) -> list[Row]:
        """Return the Things for which an alarm is raised: tid, mark, since."""
        return self.all(f"alarms/{number}/things")

    def alarm_events(self, number: int, last: int = 100) -> list[Row]:
        """Return the last events of an alarm, newest first: id, time, tid, change, detail, sent."""
        return list(self.get(f"alarms/{number}/events", limit=last)["items"])

    def set_alarm(self, number: int, active: bool) -> Row:
        """Pause or resume an alarm; return it."""
        return dict(self.send("PATCH", f"alarms/{number}", active=active))

    def raised_alarms(self, aid: str | None = None) -> list[Row]:
        """Return the Things for which alarms are raised, of one app with `aid`, latest first."""
        return self.all("alarms/raised", aid=aid)

    def acknowledge(self, number: int, tid: str | None = None) -> int:
        """Acknowledge an alarm for a Thing, or for all; return for how many it was not before."""
        return int(self.send("POST", f"alarms/{number}/acknowledgement", tid=tid)["things"])

    def test_alarm(self, number: int) -> Row:
        """Send a test; return the alarm."""
        return dict(self.send("POST", f"alarms/{number}/test"))

    def remove_alarm(self, number: int) -> None:
        """Remove an alarm."""
        self.send("DELETE", f"alarms/{number}")
