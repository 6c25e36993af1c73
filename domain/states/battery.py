"""The sleep of a Thing with the setting `battery_operated`: off, except for tasks that are due.

It sleeps from `run`, once all due tasks are done, and from `recover`, in place of the wait there.
A wake is a start of the machine: memory is lost, but for a note. With a session in the note the
Thing goes on without a registration (`domain/states/carried.py`); a task of the app alone needs
no network at all.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from domain.app.app import keep_readings
from domain.health.journal import on_trial
from domain.levels import INFO
from domain.states.carried import carry

if TYPE_CHECKING:
    from domain.thing import Thing

LEAST_MS = 10000  # less is not worth a start: tasks due by then are done at once
LONGEST_S = 3600  # between two tries, unless the owner's interval is longer
DOUBLINGS = 10
GOOD_WAKES = 10  # in a row, after which earlier faults are forgiven


def rest(thing: Thing, left: int, failed: bool = False) -> None:
    """Switch the Thing off until a task is due, unless something keeps it awake: a trial, a client
    of the debug shell, the time after power-on that a person has.

    `left`: ms until the next exchange; `failed`: the last one. Returns if it stays awake."""
    now, journal = thing.clock.monotonic(), thing.journal
    usual = thing.settings.management_interval
    if failed:
        wait = min(usual << min(journal.tries, DOUBLINGS), max(usual, LONGEST_S))
        left = max(left, wait * 1000)
    work = thing.worker_due - now if journal.app.place and not journal.without_app else left
    due = min(left, work)
    person = now < thing.parameters.setup_timeout * 1000 and not thing.wakes
    if due < LEAST_MS or person or on_trial(journal) or _attached(thing):
        return
    thing.sleepless = thing.system.sleep(0, b"")
    if thing.sleepless:
        return
    carried = carry(thing)
    queue = thing.queue
    queue.spill()
    keep_readings(thing)
    if queue.fresh:  # the storage takes no more, and a Thing that stays on would soon be dead
        queue.lost += len(queue.fresh)
        queue.fresh = []
        keep_readings(thing)
    for link in thing.links:
        link.down()
    thing.cloud.forget()
    note = [thing.clock.epoch(), left, work, journal.tries, thing.wakes + 1, carried]
    due = (due + 999) // 1000
    thing.tell(INFO, "asleep", seconds=due, awake_ms=now)
    thing.system.sleep(due, json.dumps(note).encode())
    thing.system.restart()


def wake(thing: Thing) -> None:
    """Go on where `rest` stopped: return for an exchange that is due; sleep again if there is none,
    after the app's task if that is."""
    journal = thing.journal
    if _attached(thing):
        return
    thing.wakes = 1
    slept, note = thing.system.woken()
    try:
        epoch, left, work, journal.tries, thing.wakes, thing.carried = json.loads(note)
    except (ValueError, TypeError):
        return  # no note, as when the app has made the machine sleep
    if epoch:
        thing.clock.set_epoch(epoch + slept)
    slept *= 1000
    if thing.wakes == GOOD_WAKES:
        journal.starts = journal.app_faults = 0
        thing.unsaved = True
    thing.worker_due += work - slept
    left -= slept
    if left >= LEAST_MS:
        if thing.app and work - slept < LEAST_MS:
            thing.app.work()
        rest(thing, left)


def _attached(thing: Thing) -> bool:
    """Tell whether a client uses the debug shell, or records a run."""
    shell = thing.shell
    return bool(shell and (shell.asked or shell.recording))
