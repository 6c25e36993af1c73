"""The progress of an app version on a Thing, derived from the calls that the Thing made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.cloud.manage.service.things import ThingInfo
from app.cloud.tables.events import Event

WAITS, ASKED, FETCHED, TRIAL, RUNS, BACK = (
    "waits for the Thing",
    "asked",
    "fetched",
    "on trial",
    "confirmed",
    "taken back",
)
STEPS = (WAITS, ASKED, FETCHED, TRIAL, RUNS)
KINDS = {RUNS: "good", BACK: "bad", WAITS: "", ASKED: "warn", FETCHED: "warn", TRIAL: "warn"}


@dataclass(frozen=True)
class Progress:
    """One of the words above; `trouble`: the error that caused a rollback."""

    word: str
    trouble: str = ""


def progress_of(thing: ThingInfo, calls: Iterable[Event], version: str) -> Progress:
    """Return the progress of `version` on a Thing, by its calls since it may know of it."""
    taken = f"app {version} taken back: "
    status = thing.pythings or ""
    if taken in status:
        return Progress(BACK, status.partition(taken)[2])
    word = WAITS
    for call in calls:
        word = _after(word, call, version)
    if word in (WAITS, ASKED) and thing.app_version == version:
        return Progress(RUNS)
    return Progress(word)


def _after(word: str, call: Event, version: str) -> str:
    if call.what == "app_files" and f" of {version}" in call.summary:
        return FETCHED
    if call.what == "register" and f"app {version}, " in call.summary:
        return TRIAL
    if call.what in ("report", "worker") and word == TRIAL:
        return RUNS  # a Thing reports its status once it has confirmed the version on trial
    if call.what == "management" and word == WAITS:
        return ASKED
    return word


def state_of(calls: Iterable[Event]) -> str:
    """Return the state of the lifecycle at the last call, empty without one."""
    states = {"register": "register", "app_files": "update", "os_files": "update"}
    last = None
    for call in calls:
        last = call
    return states.get(last.what, "run") if last else ""
