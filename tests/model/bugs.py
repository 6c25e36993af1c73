"""Twenty seeded bugs that the model check has to find, each a replacement in one module's text.

They were chosen from the rows of docs/reliability.md and from faults that were met in the field,
and listed before the checker was written. None is ever removed because it is hard to find.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.model.laws import CHARGE, FAIR, READINGS, RETURN, TRIAL, WAITS


@dataclass(frozen=True)
class Bug:
    """`old`, which occurs once in `module`, becomes `new`; `law`: the broken one; `row`: the
    fault that the correct line withstands."""

    name: str
    module: str
    old: str
    new: str
    law: str
    row: str


BUGS = (
    Bug(
        "trial-without-end",
        "domain.health.slots",
        "return roll_back(slot)\n    return attrs",
        "return slot\n    return attrs",
        TRIAL,
        "settings or an app on trial, and a second start: what worked is not taken back",
    ),
    Bug(
        "app-pays-for-the-os",
        "domain.states.boot",
        "if cause in FAULTY and not charged:",
        "if cause in FAULTY:",
        CHARGE,
        "three bad releases in a row are also counted against the healthy app",
    ),
    Bug(
        "left-out-for-good",
        "domain.states.boot",
        'journals.bring_back(journal, "all was well without it")',
        "pass",
        CHARGE,
        "an app that was left out stays out when it was not the cause",
    ),
    Bug(
        "same-wait-after-faults",
        "domain.thing",
        "<< min(tries, MOST_DOUBLINGS)",
        "<< 1",
        WAITS,
        "an update that ends in a fault is tried every two minutes, for ever",
    ),
    Bug(
        "try-not-noted",
        "domain.states.update",
        "journal.begun = 1\n            self.thing.save_journal()",
        "journal.begun = 1",
        WAITS,
        "an update that ends in a reset is tried again at each start",
    ),
    Bug(
        "commit-not-undone",
        "domain.states.update",
        "thing.journal = before\n",
        "pass\n",
        CHARGE,
        "the disk is full at the commit: memory says that a version is in force, the disk does not",
    ),
    Bug(
        "restart-forgets-readings",
        "domain.states.recover",
        "thing.queue.spill()\n        keep_readings(thing)",
        "pass",
        READINGS,
        "readings in memory are not stored before the restart that a fault asks for",
    ),
    Bug(
        "lost-request-counts-as-sent",
        "domain.states.delivery",
        "thing.queue.doubtful = True\n",
        "thing.queue.pop()\n",
        READINGS,
        "the request of a reading is lost on the way, and the reading is dropped",
    ),
    Bug(
        "lost-answer-is-forgotten",
        "domain.states.delivery",
        "thing.queue.doubtful = True\n",
        "pass\n",
        READINGS,
        "the answer to a reading is lost, and the reading is stored twice",
    ),
    Bug(
        "one-refused-reading-blocks",
        "domain.states.delivery",
        "if error.code not in _NOT_BARRED and _barred(run, error, tries):",
        "if error.code not in _NOT_BARRED and tries > 9:",
        FAIR,
        "something before the cloud refuses one reading for ever: those behind it wait",
    ),
    Bug(
        "confirmed-before-it-was-called",
        "domain.states.management",
        "if journal.app.trial and thing.app and not thing.app.proven():",
        "if journal.app.trial and not thing.app:",
        TRIAL,
        "an app is confirmed though a task of it has never returned",
    ),
    Bug(
        "management-starves-readings",
        "domain.states.management",
        "run.management_due = max(run.management_due, soonest)",
        "pass",
        FAIR,
        "an exchange takes longer than its interval: readings never get a turn",
    ),
    Bug(
        "worker-starves-readings",
        "domain.states.run",
        "if worked and sends and deliver_first(self):",
        "if worked and self.calls < 0:",
        FAIR,
        "the app takes longer than its interval: readings never get a turn",
    ),
    Bug(
        "app-is-never-left-out",
        "domain.health.remedy",
        "(3, WITHOUT_APP), ",
        "",
        WAITS,
        "an app that takes the board down at each call does so for ever",
    ),
    Bug(
        "no-reset-after-a-fault-in-recover",
        "domain.runner",
        "thing.system.restart()",
        "pass",
        RETURN,
        "what an app has spoilt in memory makes recover fail: only a reset mends it",
    ),
    Bug(
        "trial-not-noted-by-the-loader",
        "domain.states.boot",
        "if journal.os.trial and journal.os.version != thing.version:",
        "if journal.os.trial and not thing.version:",
        TRIAL,
        "the loader had no room to note the trial of an OS: it counts as proven and never ran",
    ),
    Bug(
        "readings-behind-a-torn-line",
        "domain.readings.queue",
        'self.size = len(data) if data.endswith(b"\\n") else self.segment',
        "self.size = len(data)",
        READINGS,
        "a power cut tears a line of the queue: the next reading is appended to the torn one",
    ),
    Bug(
        "rejected-app-again",
        "domain.settings.update_policy",
        "version in (slot.version, slot.rejected)",
        "version in (slot.version,)",
        WAITS,
        "an app that does not load is installed again and again",
    ),
    Bug(
        "retry-after-ignored",
        "domain.states.recover",
        "wait = max(wait, thing.trouble.wait_s * 1000)",
        "pass",
        WAITS,
        "a busy cloud says how long to wait, and is asked sooner",
    ),
    Bug(
        "zombie-after-a-lost-token",
        "domain.states.run",
        "return thing.fail(error, SESSION_LOST)\n        if error.code",
        "return None\n        if error.code",
        RETURN,
        "the cloud has forgotten the session: the Thing goes on with it, for ever",
    ),
)
