"""The owner's app as the OS sees it: called on time, never trusted to return."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import attrs

from domain.checksum import of
from domain.errors import AppError, DeviceError, ThingError
from domain.health import journal as journals
from domain.health.slots import roll_back
from domain.levels import DEBUG, ERROR, WARNING
from domain.readings.message import problem_with
from domain.streams import pour

if TYPE_CHECKING:
    from domain.thing import Thing
    from ports.storage import Storage

SEAL = "/.sum"  # below an app's folder
FAULTS = 3  # hangs and deaths in a row until the app is left out
GOOD_CALLS = 10  # in a row, after which earlier faults are forgiven
APP_MS = 120000  # the timeout of a board's watchdog during a call of the app
HELD_MS = 60000  # after a run that hung or crashed: the cloud may have a better app
SAME_CLOCK_S = 60  # the clock is set again in each session, and may go back a little


class App:
    """The app in the active slot, loaded when it is first needed."""

    def __init__(self, thing: Thing) -> None:
        self.thing = thing
        self.loaded = False
        self.broken = False  # it does not load; only another version helps
        self.good_calls = 0
        self.problems = {"worker": "", "management": ""}
        self.back: list[str] = []  # the tasks that have returned, or do not exist

    def usable(self) -> bool:
        """Load the app if it is not loaded; return whether there is one to call."""
        journal = self.thing.journal
        if self.loaded:
            return True
        if self.broken or journal.without_app or not journal.app.place:
            return False
        folder = "app.%s" % journal.app.place
        try:
            seal = self.thing.storage.read(folder + SEAL, 16)
            if seal is not None and seal != sealed(self.thing.storage, folder):
                raise AppError("damaged", "its files are not what was stored")
            self.thing.system.feed(APP_MS)
            self.thing.apps.load(folder)
            self.thing.system.feed()
            self.loaded = True
            return True
        except ThingError as error:
            self._does_not_load(error)
            return self.usable()

    def work(self) -> None:
        """Call the worker task and queue the reading that it returns."""
        thing, now = self.thing, self.thing.clock.monotonic()
        thing.worker_due = now + thing.settings.worker_interval * 1000
        if now < thing.app_after:
            thing.worker_due = thing.app_after
        if now < thing.app_after or not self.usable():
            return
        problem = bad = ""
        try:
            message = self._call("worker", None)
        except AppError as error:
            problem, message = error.text, error.rest or None
        if message is not None:
            bad = problem_with(message)
            if bad and bad != self.problems["worker"]:
                thing.tell(WARNING, "app_fault", task="worker", code="reading", text=bad)
        self._problem("worker", bad or problem)
        if message is not None and not bad:
            thing.queue.put(self._timestamp(), message)
            thing.tell(DEBUG, "reading", waiting=thing.queue.waiting())

    def manage(self, data: object) -> object:
        """Call the management task; return its reply, or the text of the error."""
        if data is None and self.thing.clock.monotonic() < self.thing.app_after:
            return None
        if not self.usable():
            return "no app is running: %s" % (self.thing.journal.without_app or "none is installed")
        try:
            reply = self._call("management", data)
            self._problem("management", "")
            return reply
        except AppError as error:
            self._problem("management", error.text)
            return error.text

    def proven(self) -> bool:
        """Tell whether each task has returned, even by an error; on trial, both are called soon."""
        return len(self.back) == len(self.problems) or not self.usable()

    def _problem(self, task: str, text: str) -> None:
        """Report the problems of both tasks as the status of the worker.

        After a KO of management the cloud would deliver no more messages, not even the command that
        repairs the app. A worker that has not returned yet is not OK."""
        self.problems[task] = text
        if not text and "worker" not in self.back:
            return
        management = self.problems["management"]
        told = [self.problems["worker"], "management task: " + management if management else ""]
        now = self.thing.clock.monotonic()
        self.thing.status.set(now, "worker", "; ".join([text for text in told if text]))

    def _call(self, task: str, data: object) -> object:
        try:
            self.thing.system.feed(APP_MS)
            value = self.thing.apps.call(task, data, self.thing.parameters.app_timeout * 1000)
        except AppError as error:
            grave = error.code in ("hung", "died")
            if grave or error.text != self.problems[task]:  # else it would be told at each call
                self.thing.tell(WARNING, "app_fault", task=task, code=error.code, text=error.text)
            if grave:
                self._fault(error)
            else:
                self._came_back(task)
            raise
        self._came_back(task)
        self._good_call()
        return value

    def _came_back(self, task: str) -> None:
        self.thing.system.feed()
        if task not in self.back:
            self.back.append(task)

    def _does_not_load(self, error: ThingError) -> None:
        journal = self.thing.journal
        self.thing.tell(WARNING, "app_fault", task="load", code=error.code, text=error.text)
        if journal.app.trial:
            self._take_back(error)
            return
        if error.code == "damaged":
            journal.app = attrs.evolve(journal.app, version="")  # so that it is fetched again
        self.broken = True
        self._problem("worker", error.text)

    def _fault(self, error: AppError) -> None:
        journal = self.thing.journal
        self.good_calls = 0
        if journal.app.trial:
            self._take_back(error)
            return
        journal.app_faults += 1
        if journal.app_faults >= FAULTS:
            journal.without_app = "the app is left out after %d faults, the last: %s" % (
                journal.app_faults,
                error.text[:120],
            )
            self.thing.apps.unload()
            self.loaded = False
            self.thing.tell(WARNING, "app_left_out", text=journal.without_app)
        self.thing.save_journal()

    def _take_back(self, error: ThingError) -> None:
        journal = self.thing.journal
        journals.note(journal, "app %s taken back: %s" % (journal.app.version, error.text[:120]))
        journal.app = roll_back(journal.app)
        self.thing.apps.unload()
        self.loaded = False
        self.thing.tell(WARNING, "taken_back", kind="app", runs=journal.app.version or "none")
        self.thing.save_journal()

    def _good_call(self) -> None:
        self.good_calls += 1
        if self.good_calls == GOOD_CALLS and self.thing.journal.app_faults:
            self.thing.journal.app_faults = 0
            self.thing.save_journal()

    def _timestamp(self) -> int | None:
        """Return the current second, but never one twice: the cloud keeps one reading a second."""
        epoch = self.thing.clock.epoch()
        if epoch is not None:
            if 0 <= self.thing.last_epoch - epoch < SAME_CLOCK_S:
                epoch = self.thing.last_epoch + 1
            self.thing.last_epoch = epoch
        return epoch


def sealed(storage: Storage, folder: str) -> bytes:
    """Return a checksum of the code in a folder, against flipped bits: it is no secret."""
    hasher = hashlib.sha256()
    for name in storage.names(folder):
        if name.endswith(".py"):  # nothing that an app may write itself
            pour(storage.source("%s/%s" % (folder, name)), hasher.update)
    return of(hasher).encode()


def keep_readings(thing: Thing) -> None:
    """Move readings that cannot be delivered now to the storage; report those it does not take."""
    queue, journal = thing.queue, thing.journal
    try:
        queue.keep()
    except DeviceError as error:
        waiting = len(queue.fresh)
        if not (queue.lost or waiting & (waiting - 1)):  # more, and each time twice as many
            text = error.text
            thing.tell(ERROR, "readings_not_kept", code=error.code, text=text, waiting=waiting)
    if queue.lost:
        if journals.lose(journal, queue.lost, queue.lost_times):
            thing.tell(WARNING, "readings_lost", text=journals.losses(journal))
        queue.lost, queue.lost_times = 0, []
        thing.unsaved = True
    if thing.unsaved and not queue.fresh:
        thing.save_journal()
