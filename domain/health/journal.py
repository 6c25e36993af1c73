"""The journal: a small record of the Thing's own health, kept over restarts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, TypeGuard

import attrs

from domain import record
from domain.health.slots import FRESH, PROVEN, TRIED, Slot, confirm, roll_back, start

if TYPE_CHECKING:
    from ports.storage import Storage

NAME = "journal"
KINDS = ("settings", "app", "os")


@attrs.define
class Journal:
    """`starts`: faulty starts in a row; `app_faults`: times in a row that the app hung or died;
    `without_app`: the app is left out, and why; `tries`: failed remedies in a row; `notes`: texts
    not yet reported to the cloud; `lost`: lost readings not yet reported: how many, if any, and the
    times of the first and the last if known; `settings`, `app`, `os`: the slots; `offered`,
    `floor`: the version numbers of the OS that was installed last, and of the highest that has
    proved itself; `next_os`, `number_os`, `next_app`, `number_app`: the same of the numbers in
    manifests, which only grow (docs/security.md, T5 and T10); `tried`: the update that was begun
    last and is not in force, if any: kind, version, and how often in a row it did not come to an
    end; `strong`: the ends of the public keys of clouds that have spoken payload mode 2;
    `charged`: the OS that was rolled back last, as far as `boot` has seen: the fault was its own;
    `begun`: 1 while an update is fetched or stored: a reset then is no fault of the app.

    The loader reads and writes `os` and `notes` too (app/runtime/loader.py), and is never updated:
    they stay as they are for ever."""

    number: int = 0
    starts: int = 0
    app_faults: int = 0
    without_app: str = ""
    tries: int = 0
    notes: list[str] = attrs.field(factory=list)
    lost: list[Any] = attrs.field(factory=list)
    settings: Slot = attrs.field(factory=Slot)
    app: Slot = attrs.field(factory=Slot)
    os: Slot = attrs.field(factory=Slot)
    offered: int = 0
    floor: int = 0
    next_os: int = 0
    number_os: int = 0
    next_app: int = 0
    number_app: int = 0
    tried: list[Any] = attrs.field(factory=list)
    strong: list[str] = attrs.field(factory=list)
    charged: str = ""
    begun: int = 0


_COUNTS = ("starts", "app_faults", "tries", "offered", "floor", "begun") + (
    "next_os",
    "number_os",
    "next_app",
    "number_app",
)
FAR = "it did not reach the cloud"
_MAX_NOTES = 8
_MAX_NOTE = 200  # characters


def load(storage: Storage) -> Journal:
    """Return the journal as last saved; missing or malformed fields are as in a new one, so that
    a bad note costs no slot."""
    number, value = record.load(storage, NAME)
    return _from_json(number, value if isinstance(value, dict) else {})


def save(storage: Storage, journal: Journal) -> None:
    """Write the journal durably, under its next number."""
    journal.number += 1
    record.save(storage, NAME, journal.number, _to_json(journal))


def note(journal: Journal, text: str) -> None:
    """Record a text for the cloud; the oldest one goes when there are too many."""
    text = text[:_MAX_NOTE]
    if text not in journal.notes:
        journal.notes = journal.notes[1 - _MAX_NOTES :] + [text]


def lose(journal: Journal, count: int, times: list[int | str]) -> bool:
    """Record that `count` readings are lost, and the times of the first and the last if known.

    Return whether to report it: at each power of two that the total reaches.
    """
    before = journal.lost or [0]
    times = before[1:] + times
    told: int = before[0]
    journal.lost = [told + count] + times[:1] + times[-1:]
    return (told + count) ^ told > told


def losses(journal: Journal) -> str:
    """Return the lost readings in words; "" if there are none."""
    if not journal.lost:
        return ""
    text = "%d readings lost" % journal.lost[0]
    if len(journal.lost) > 1:
        text += ", taken from %s to %s" % (journal.lost[1], journal.lost[2])
    return text + ": no room to keep them"


def forgive(journal: Journal, kinds: tuple[str, ...] | list[str] = KINDS) -> None:
    """Allow another try of the versions of these kinds that were rolled back."""
    for kind in kinds:
        slot = getattr(journal, kind)
        if slot.rejected:
            setattr(journal, kind, attrs.evolve(slot, rejected=""))
            if kind == "os":
                journal.charged = ""


def on_trial(journal: Journal) -> bool:
    """Tell whether a version is on trial: the latest change, to which a fault is charged."""
    return bool(journal.settings.trial or journal.app.trial or journal.os.trial)


def start_slots(journal: Journal, why: str = FAR) -> list[str]:
    """Count this start against the versions on trial; return the kinds rolled back.

    The OS's start was counted by the loader, which may have rolled it back: that is seen here once.
    """
    taken = _taken_back(journal, start, KINDS[:2], why)
    if journal.os.rejected not in ("", journal.charged):
        taken.append("os")
    journal.charged = journal.os.rejected
    return taken


def leave_out(journal: Journal) -> None:
    """Leave out the app, if there is one, from the next start on."""
    if journal.app.place:
        journal.without_app = "the app is left out after %d faulty starts" % journal.starts


def bring_back(journal: Journal, why: str) -> None:
    """Start the app again, if it was left out."""
    if journal.without_app:
        journal.without_app = ""
        journal.app_faults = 0
        note(journal, "the app is started again: " + why)


def roll_back_trials(journal: Journal) -> list[str]:
    """Roll back all versions on trial; return their kinds."""
    return _taken_back(journal, lambda slot: roll_back(slot) if slot.trial else slot, KINDS, FAR)


def replace_os(journal: Journal, by_previous: bool) -> None:
    """Replace the OS, from the next start on, by the one before or by that of the factory."""
    version = journal.os.version
    note(journal, "os %s taken back after %d faulty starts" % (version, journal.starts))
    bring_back(journal, "it was not what made them faulty")
    slot = journal.os if by_previous else attrs.evolve(journal.os, previous="")
    journal.os = roll_back(slot)


def confirm_slots(journal: Journal, kinds: tuple[str, ...] = KINDS) -> list[str]:
    """Confirm the versions of these kinds that are on trial; return their kinds."""
    trial = [kind for kind in kinds if getattr(journal, kind).trial]
    for kind in trial:
        setattr(journal, kind, confirm(getattr(journal, kind)))
        if kind == "os":
            journal.floor = max(journal.floor, journal.offered)
            journal.number_os = max(journal.number_os, journal.next_os)
        elif kind == "app":
            journal.number_app = max(journal.number_app, journal.next_app)
        if kind != "app":  # the version before may have made the app fail
            journal.starts = 0
            bring_back(journal, "with other " + kind)
    return trial


def _taken_back(
    journal: Journal, rule: Callable[[Slot], Slot], kinds: tuple[str, ...], why: str
) -> list[str]:
    taken = []
    for kind in kinds:
        before = getattr(journal, kind)
        after = rule(before)
        setattr(journal, kind, after)
        if before.trial and after.version != before.version:
            taken.append(kind)
            note(journal, "%s %s taken back: %s" % (kind, before.version, why))
    return taken


def _to_json(journal: Journal) -> dict[str, object]:
    value: dict[str, object] = {name: getattr(journal, name) for name in _COUNTS}
    value["without_app"] = journal.without_app
    value["charged"] = journal.charged
    value["notes"] = journal.notes
    value["lost"] = journal.lost
    value["tried"] = journal.tried
    value["strong"] = journal.strong
    for kind in KINDS:
        slot = getattr(journal, kind)
        value[kind] = [slot.place, slot.version, slot.previous, slot.trial, slot.rejected]
    return value


def _from_json(number: int, value: dict[str, object]) -> Journal:
    journal = Journal(number)
    for name in _COUNTS:
        count = value.get(name)
        if isinstance(count, int) and count > 0:
            setattr(journal, name, count)
    _take_texts(journal, value)
    lost = value.get("lost")
    if isinstance(lost, list) and len(lost) in (1, 3) and isinstance(lost[0], int):
        journal.lost = lost
    tried = value.get("tried")
    if isinstance(tried, list) and len(tried) == 3 and tried[0] in KINDS:
        whole = isinstance(tried[1], str) and isinstance(tried[2], int)
        journal.tried = tried if whole else []
    for kind in KINDS:
        slot = value.get(kind)
        if _is_slot(slot):
            setattr(journal, kind, Slot(slot[0], slot[1], slot[2], slot[3], slot[4]))
    return journal


def _take_texts(journal: Journal, value: dict[str, object]) -> None:
    for name in ("without_app", "charged"):
        if isinstance(value.get(name), str):
            setattr(journal, name, value[name])
    for name in ("notes", "strong"):
        texts = value.get(name)
        if isinstance(texts, list):
            setattr(journal, name, [text for text in texts if isinstance(text, str)][-_MAX_NOTES:])


def _is_slot(slot: object) -> TypeGuard[tuple[str, str, str, int, str]]:
    if not isinstance(slot, list) or len(slot) != 5 or slot[3] not in (PROVEN, FRESH, TRIED):
        return False
    texts = [text for text in slot if isinstance(text, str)]
    return len(texts) == 4 and slot[0] in ("", "a", "b")
