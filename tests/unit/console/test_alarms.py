"""An alarm in a few words."""

from __future__ import annotations

from dataclasses import replace

from app.cloud.manage.service.alarms import AlarmInfo
from app.console.alarms import delivery_of, state_of

WELL = AlarmInfo(
    3, "aid", "staging", "offline", "off line for 600 s", 600.0, 60.0, [], 0.0, 0.0, "mail",
    "a@b.example", True, 0.0, "ada", 0, 0, 0, "",
)  # fmt: skip


def test_states():
    assert state_of(WELL) == ("all is well", "good")
    fails = replace(WELL, failures=1, error="refused")
    assert state_of(fails) == ("not delivered", "warn")
    raised = replace(fails, raised=1200)
    assert state_of(raised) == ("raised for 1,200 Things", "bad")
    assert state_of(replace(raised, active=False)) == ("paused", "")


def test_trouble_of_deliveries():
    assert delivery_of(replace(WELL, waiting=1)) == ""  # it is on its way
    fails = replace(WELL, failures=2, waiting=1, error="refused")
    assert delivery_of(fails) == "2 failures in a row; 1 event to deliver: refused"
    assert delivery_of(replace(fails, waiting=0)) == "2 failures in a row: refused"
