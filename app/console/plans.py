"""A rollout in words: its stages before it begins, and the course of each of its Things."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.cloud.manage.service.releases import ReleaseInfo
from app.cloud.manage.service.rollouts import RolloutInfo, RolloutThing
from app.cloud.rollouts import rules
from app.cloud.tables.events import Event
from app.console.progress import ASKED, BACK, FETCHED, RUNS, TRIAL, WAITS
from app.console.rows import Row

FAILS = "fails"
GOOD, WARN, BAD = "good", "warn", "bad"  # kinds of a pill
WORDS = {
    rules.CHOSEN: WAITS,
    rules.ASKED: ASKED,
    rules.RUNS: TRIAL,
    rules.CONFIRMED: RUNS,
    rules.TAKEN_BACK: BACK,
    rules.FAILING: FAILS,
    rules.SILENT: "silent",
    rules.LATE: "late",
    rules.LEFT: "left",
}
# In the order of a list: trouble first, then by progress.
ORDER = (
    *rules.TROUBLE,
    rules.RUNS,
    rules.ASKED,
    rules.CHOSEN,
    rules.CONFIRMED,
    rules.LEFT,
)
STATES = {
    rules.RUNNING: WARN,
    rules.PAUSED: "",
    rules.HALTED: BAD,
    rules.DONE: GOOD,
    rules.ABORTED: "",
    rules.ROLLED_BACK: "",
}
_FILES = ("app_files", "os_files")
UNITS = {"minutes": 60, "hours": 3600, "days": 86_400}


class Unclear(ValueError):
    """A typed text that is no list of percents; the text says which ones may be."""


@dataclass(frozen=True)
class Course:
    """A Thing of a rollout in one word, with the `kind` of its pill."""

    word: str
    kind: str


def kind_of(did: str) -> str:
    """Return the kind of pill for an outcome."""
    if did in rules.TROUBLE:
        return BAD
    if did == rules.CONFIRMED:
        return GOOD
    return WARN if did in (rules.ASKED, rules.RUNS) else ""


def course_of(thing: RolloutThing, calls: Iterable[Event], version: str) -> Course:
    """Return the course of a Thing, from its outcome and its calls since it was asked."""
    word = WORDS.get(thing.did, thing.did)
    if thing.did == rules.ASKED and thing.asked is not None:
        asked = thing.asked
        if any(call.time >= asked and _fetches(call, version) for call in calls):
            word = FETCHED
    if thing.excused:
        return Course(f"{word}, excused", "")
    return Course(word, kind_of(thing.did))


def _fetches(call: Event, version: str) -> bool:
    if call.what not in _FILES:
        return False
    # "worker_task.py of 1.5, by GET", "list of v2 for esp32"
    name = call.summary.partition(" of ")[2].partition(",")[0].partition(" for ")[0]
    return name == version


def ordered(things: Iterable[RolloutThing]) -> list[RolloutThing]:
    """Return the Things in trouble first, then the others by progress."""
    places = {did: place for place, did in enumerate(ORDER)}
    return sorted(things, key=lambda thing: (thing.excused, places.get(thing.did, 0)))


def counted(things: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the numbers of Things by outcome, from the confirmed ones to those to come."""
    order = (rules.CONFIRMED, rules.RUNS, rules.ASKED, *rules.TROUBLE, rules.CHOSEN, rules.LEFT)
    return [(did, things[did]) for did in order if things.get(did)]


def many(count: int, noun: str = "Thing") -> str:
    """Return a number with its noun."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def share(percent: int) -> str:
    """Return a stage in words."""
    return "named Things" if percent == rules.LISTED else f"{percent} %"


def duration(seconds: float) -> str:
    """Return a time in the greatest unit that it is a whole number of."""
    for unit, length in reversed(UNITS.items()):
        count, rest = divmod(seconds, length)
        if count and not rest:
            return many(int(count), unit[:-1])
    return many(int(seconds), "second")


def percents(text: str) -> list[int]:
    """Return the percents of a typed list; raise Unclear."""
    parts = [part.strip().removesuffix("%").strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) <= 3 for part in parts):
        raise Unclear("Give percents with commas between them, as 10, 50, 100.")
    shares = [int(part) for part in parts]
    rising = all(low < high for low, high in zip(shares, shares[1:], strict=False))
    if not rising or shares[0] < 1 or shares[-1] != rules.ALL:
        raise Unclear("The percents have to grow, from 1 on, and to end with 100.")
    return shares


def stages(shares: Sequence[int], named: int, pool: int) -> list[str]:
    """Return the stages in words, for a pool with so many Things, `named` of them first."""
    lines = [f"the {many(named)} that you have named"] if named else []
    for percent in shares:
        count = rules.most(percent, pool)
        if percent == rules.ALL:
            lines.append(f"all {many(pool)}")
        else:
            lines.append(f"{percent} %: {count:,} of {many(pool)}")
    return lines


def without(rows: Iterable[Row], releases: Iterable[ReleaseInfo], version: str) -> dict[str, int]:
    """Return the number of Things by platform, of those for which a release has no files."""
    has = {one.platform for one in releases if one.version == version}
    return dict(Counter(row.platform for row in rows if row.platform and row.platform not in has))


def advice(it: RolloutInfo) -> str:
    """Return the next step for a person, empty if there is none."""
    return {
        rules.HALTED: "No further Thing is asked. Look at those in trouble below: Roll back asks"
        " all for the version before, Resume goes on without those in trouble.",
        rules.PAUSED: "No further Thing is asked. Resume goes on.",
        rules.ABORTED: "Things that were asked keep the version, the others that of the pool.",
    }.get(it.state, "")
