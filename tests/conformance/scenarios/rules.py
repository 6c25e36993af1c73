# Untyped: the fakes implement no port completely. Running them checks their results.
# mypy: no-check-untyped-defs
"""The pure rules over generated inputs."""

from __future__ import annotations

import json
from typing import Any

from domain import record
from domain.errors import DeviceError
from domain.health import backoff, journal, remedy, slots
from domain.health.status import Status
from domain.readings import message
from domain.readings.queue import Queue
from domain.settings import parameters, settings
from domain.settings.values import flag, text, whole
from domain.states import update
from tests.conformance.scenarios.board import ScriptedStorage, World
from tests.conformance.scenarios.shown import attempt, show


def run(out, cases):
    """Trace each case: a list with the name of the rule and its arguments."""
    rules: Any = {
        "backoff": _backoff,
        "remedy": _remedy,
        "values": _values,
        "settings": _settings,
        "parameters": _parameters,
        "record": _record,
        "slots": _slots,
        "journal": _journal,
        "message": _message,
        "queue": _queue,
        "status": _status,
        "names": _names,
    }
    for case in cases:
        out("%s %s" % (case[0], rules[case[0]](*case[1:])))


def _backoff(tries, base, chance):
    return "%s %s" % (backoff.window(tries, base), backoff.wait_ms(tries, base, chance))


def _remedy(tries, linked, session, trial, has):
    there = [(remedy.WITHOUT_APP, remedy.PREVIOUS, remedy.FACTORY)[index] for index in has]
    outside = remedy.outside(tries, linked, session, trial)
    return outside + " " + remedy.inside(tries, tuple(there))


def _values(value):
    return " ".join([attempt(text, value), attempt(whole, value), attempt(flag, value)])


def _settings(wires):
    current = settings.Settings()
    said = []
    for wire in wires:
        wanted, problems = settings.merge(current, wire)
        said.append(show(settings.to_json(wanted)) + show(problems))
        said.append(str(settings.differ(current, wanted)))
        said.append(str(settings.need_session(current, wanted)))
        said.append(settings.fingerprint(wanted))
        current = wanted
    return " ".join(said)


def _parameters(files, given):
    stored = {name: files[name].encode() for name in files}
    storage = _storage("", stored)
    found, problems = parameters.load(storage, given)
    values = [getattr(found, name) for name in parameters.NAMES]
    backend = parameters.backend(found, "default.example.org", True)
    long_tid = parameters.with_tid(found, "t" * 50).tid
    return "%s %s %s %s" % (show(values), show(problems), show(backend), long_tid)


def _record(number, value, garble):
    """Encode a record; show it read whole, with one byte changed, and without its end."""
    data = record.encode(number, value)
    again = show(record.decode(data))
    place = garble % len(data)
    wrong = bytearray(data)
    wrong[place] ^= 1 + garble % 255
    said = [again, show(record.decode(bytes(wrong))), show(record.decode(data[:place]))]
    return " ".join(said) + show([record.decode(None), record.decode(b"")])


def _slot_text(slot):
    return show([slot.place, slot.version, slot.previous, slot.trial, slot.rejected])


def _slots(steps):
    slot = slots.Slot()
    said = []
    for step in steps:
        if step == 0:
            slot = slots.start(slot)
        elif step == 1:
            slot = slots.confirm(slot)
        elif step == 2:
            slot = slots.roll_back(slot)
        else:
            slot = slots.commit(slot, "v%d" % step)
        said.append(_slot_text(slot) + slots.other(slot))
    return " ".join(said)


def _storage(script, stored):
    world = World(script, _nothing)
    world.stored = stored
    return ScriptedStorage(world)


def _nothing(_line):
    pass


def _journal(script, steps):
    storage = _storage(script, {})
    current = journal.Journal()
    said = []
    for step in steps:
        if step == 0:
            said.append(show(journal.start_slots(current)))
        elif step == 1:
            said.append(show(journal.confirm_slots(current)))
        elif step == 2:
            said.append(show(journal.roll_back_trials(current)))
        elif step == 3:
            said.append(attempt(journal.save, storage, current))
        elif step == 4:
            said.append(_loaded(storage))
        elif step % 2:
            current.app = slots.commit(current.app, "v%d" % step)
        else:
            current.starts += step
            journal.note(current, "note %d" % step)
            current.settings = slots.commit(current.settings, "s%d" % step)
    return " ".join(said) + _journal_text(current)


def _loaded(storage):
    try:
        return _journal_text(journal.load(storage))
    except DeviceError as error:
        return show(error)


def _journal_text(found):
    counts = [found.number, found.starts, found.app_faults, found.tries]
    return "%s %s %s%s" % (
        show(counts),
        show([found.without_app, found.notes]),
        _slot_text(found.settings),
        _slot_text(found.app),
    )


def _message(value):
    problem = message.problem_with(value)
    return "%d %s" % (message.wire_length(value), show(problem.split(":")[0]))


def _open(queue, storage):
    queue.open(storage.names())


def _queue(script, steps):
    """Run the steps: 0 opens a new queue, 1 pops the head, 2 keeps, all others put a reading."""
    storage = _storage(script, {})
    queue = Queue(storage)
    said = []
    for step in steps:
        if step == 0:
            queue = Queue(storage)
            said.append(attempt(_open, queue, storage))
        elif step == 1 and queue.head() is not None:
            said.append(show(queue.head()) + attempt(queue.pop))
        elif step == 2:
            said.append(attempt(queue.keep))
        else:
            queue.put(step if step % 3 else None, {"n": "r" * (step % 97)})
        said.append("%d:%d" % (queue.waiting(), queue.lost))
    return " ".join(said)


def _status(steps):
    status = Status()
    said = []
    for part, what in steps:
        if what == 0:
            status.set(0, part)
        elif what == 1:
            status.tell(part) if part in status.now else None
        elif what == 2:
            status.new_session()
        elif what == 3:
            status.remark("remark about " + part)
        else:
            status.set(0, part, "problem %d" % what)
        said.append(show(status.untold()) + show(status.remarks))
    return " ".join(said)


def _names(name):
    return "%s %d" % (update.plain_name(name), len(json.dumps(name)) > 0)
