"""The rules of alarms, without I/O: the judgement of one Thing, and the changes to tell.

A rule gives a Thing a mark: none while all is well, else a text. A new mark is told once it has
lasted `for_s` seconds. It is taken back once all has been well for `settle_s` seconds without a
break, so that a Thing that goes to and fro is told once: at most one alarm in `settle_s`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

OFFLINE = "offline"  # no management call for `for_s`
OVER = "over"  # a number in its newest reading
UNDER = "under"
TAKEN_BACK = "taken_back"  # it reports that it went back from an app or an OS
KINDS = (OFFLINE, OVER, UNDER, TAKEN_BACK)

RAISED = "raised"
CLEARED = "cleared"
TEST = "test"

WELL = ""  # the mark
GAP_S = 60.0  # between two looks: the cloud did not run
_TAKEN_BACK = re.compile(r"\b(app|os) (\S{1,36}) taken back")


@dataclass(frozen=True)
class AlarmRule:
    """One rule. `field`: a number in the readings, by the parts of its JSON Pointer; `limit`: the
    value it passes; `back`: the value at which all is well again, on the other side of a band."""

    kind: str
    for_s: float = 0.0
    settle_s: float = 60.0
    field: Sequence[str] = ()
    limit: float = 0.0
    back: float = 0.0

    def text(self) -> str:
        """Return the condition for a person to read."""
        lasting = f" for {self.for_s:.0f} s" if self.for_s else ""
        if self.kind == OFFLINE:
            return f"off line{lasting}"
        if self.kind == TAKEN_BACK:
            return f"an app or OS taken back{lasting}"
        name = "/".join(self.field) or "the reading"
        return f"{name} {self.kind} {self.limit:g}{lasting}, until {self.back:g}"

    def stored(self) -> str:
        """Return the rule as JSON."""
        return json.dumps(asdict(self))


def rule_of(stored: str) -> AlarmRule:
    """Return the rule of a JSON text that `stored` gave."""
    values = json.loads(stored)
    return AlarmRule(**{**values, "field": tuple(values["field"])})


@dataclass(frozen=True)
class Sighting:
    """A Thing as the cloud knows it: its last management call in seconds since 1970 (None: it has
    never called), the status of its system, the newest reading in JSON (None: there is none)."""

    heard: float | None
    pythings: str = ""
    reading: str | None = None


@dataclass(frozen=True)
class Standing:
    """The mark that was told since a time; and the one that may come, seen since a time."""

    told: str = WELL
    since: float = 0.0
    pending: str | None = None
    pending_since: float = 0.0


USUAL = Standing()


@dataclass(frozen=True)
class Judgement:
    """The mark of a Thing now, and its reason."""

    mark: str
    detail: str


@dataclass(frozen=True)
class AlarmChange:
    """A change to tell: RAISED or CLEARED, with the reason."""

    change: str
    detail: str


def watched_since(since: float, looked: float, now: float) -> float:
    """Return the begin of the looks without a gap until now: silence counts from there.

    A cloud that was stopped, or whose clock was set, has not heard its Things meanwhile. Another
    machine's clock may be a little ahead.
    """
    return since if abs(now - looked) <= GAP_S else now


def judge(rule: AlarmRule, told: str, seen: Sighting, since: float, now: float) -> Judgement | None:
    """Return the mark of a Thing that has the mark `told`; None if nothing is known of it."""
    if rule.kind == OFFLINE:
        return _silence(rule, told, seen, since, now)
    if rule.kind == TAKEN_BACK:
        if seen.heard is None:
            return None
        found = _TAKEN_BACK.search(seen.pythings)
        if found:
            return Judgement(f"{found[1]} {found[2]}", f"{found[1]} {found[2]} was taken back")
        return Judgement(WELL, "it has not gone back since")
    number = None if seen.reading is None else number_in(seen.reading, rule.field)
    return None if number is None else _level(rule, told, number)


def _silence(
    rule: AlarmRule, told: str, seen: Sighting, since: float, now: float
) -> Judgement | None:
    if seen.heard is None:
        return None
    # One that was told is back once it calls: a gap in the watch does not bring it back.
    silent = now - (seen.heard if told else max(seen.heard, since))
    if silent > rule.for_s:
        return Judgement(OFFLINE, f"no call for {now - seen.heard:.0f} s")
    return Judgement(WELL, "it calls again")


def _level(rule: AlarmRule, told: str, number: float) -> Judgement:
    sign = 1 if rule.kind == OVER else -1
    passed = sign * number > sign * (rule.back if told else rule.limit)
    name = "/".join(rule.field) or "the reading"
    return Judgement(rule.kind if passed else WELL, f"{name} is {number:g}")


def number_in(reading: str, field: Sequence[str]) -> float | None:
    """Return the number at a place in a reading's JSON; None if there is none."""
    try:
        value: Any = json.loads(reading)
        for part in field:
            value = value[int(part)] if isinstance(value, list) else value[part]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def step(
    rule: AlarmRule, before: Standing, judged: Judgement | None, now: float
) -> tuple[Standing, AlarmChange | None]:
    """Return the standing after a look, and the change to tell if there is one."""
    if judged is None:
        return before, None
    if judged.mark == before.told:
        return replace(before, pending=None, pending_since=0.0), None
    began = before.pending_since if before.pending == judged.mark else now
    began = min(began, now)  # the clock was set back
    # Silence has lasted `for_s` as soon as it is seen.
    lasting = rule.for_s if rule.kind != OFFLINE else 0.0
    if now - began < (lasting if judged.mark else rule.settle_s):
        return replace(before, pending=judged.mark, pending_since=began), None
    change = AlarmChange(RAISED if judged.mark else CLEARED, judged.detail)
    return Standing(judged.mark, now), change
