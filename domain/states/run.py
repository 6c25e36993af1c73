"""run: the work of a Thing - management, messages, the app's worker, readings, reports."""

from __future__ import annotations

from domain.app.app import keep_readings
from domain.errors import CloudError, LinkError
from domain.health import journal as journals
from domain.health.backoff import wait_ms, window
from domain.levels import INFO, WARNING
from domain.lifecycle import LINK_LOST, SESSION_LOST
from domain.states.delivery import deliver_first
from domain.states.management import EARLY_MS, TICK_MS, confirm, manage
from domain.thing import Thing

TROUBLES = 3  # bad answers in a row until the session itself is suspected
TAKEN = 2  # sessions in a row that ended early: another Thing registers with the same id
TAKEN_S = 10  # the first wait
TWICE = (
    "does another Thing have the id %s, as of a copied card? - give one of them another, "
    "in its file tid"
)
WORD_MS = 60000  # between two `works` events


class Run:
    """The work in a session: each act does the most urgent due thing, or sleeps for a moment."""

    def __init__(self, thing: Thing) -> None:
        self.thing = thing
        self.since = thing.clock.monotonic()
        self.management_due = max(self.since, thing.quiet_until)
        self.cloud_due = self.management_due  # for anything but management, after trouble
        self.word_due = self.since + WORD_MS
        self.calls = self.delivered = 0  # since the last `works` event
        self.troubles = 0
        self.refusals = 0
        self.taken = False  # a reading was accepted in this session
        self.barred = 0  # readings refused since the last exchange
        self.worked = False  # the last act called the worker
        self.backlog = 0  # number of waiting readings, as last reported
        self.met = False  # the settings' cloud was reached in this session
        self.moved = not thing.settings.backend  # to the backend that the settings name
        self.strange = False  # our own backend did not name that one in this session

    def act(self) -> str | None:
        """Do one thing; return UPDATE_WANTED, LINK_LOST, SESSION_LOST, or None to go on."""
        thing = self.thing
        try:
            return self._act(thing.clock.monotonic())
        except LinkError as error:
            keep_readings(thing)
            return thing.fail(error, LINK_LOST)
        except CloudError as error:
            keep_readings(thing)
            return self._cloud_trouble(error)

    def _act(self, now: int) -> str | None:
        thing = self.thing
        if now >= self.word_due:
            self._word(now)
        if now >= self.management_due:
            return manage(self, now)
        worked, self.worked = self.worked, False
        # Looked up beforehand, not in a function that delivers: 308 bytes of an ESP8266's stack.
        sends = now >= self.cloud_due and self._waits()
        if worked and sends and deliver_first(self):
            return None  # else an app that is always due would block all sending
        if now >= thing.worker_due and thing.app:
            thing.app.work()
            self.worked = True
            self.calls += 1
            if thing.journal.app.trial:
                confirm(self, ("app",))
            queue = thing.queue
            if now < self.cloud_due or len(queue.fresh) > 1 or queue.oldest:
                keep_readings(thing)
        elif sends and deliver_first(self):
            pass
        else:
            if thing.settings.battery_operated:
                from domain.states.battery import rest

                rest(thing, self.management_due - now, self.troubles > 0)
            thing.clock.sleep(self._idle_ms(now))
        return None

    def _word(self, now: int) -> None:
        """Report the calls and deliveries since the last report to the console."""
        waiting = self.thing.queue.waiting()
        if self.calls or self.delivered:
            self.thing.tell(INFO, "works", calls=self.calls, sent=self.delivered, waiting=waiting)
        self.word_due = now + WORD_MS
        self.calls = self.delivered = 0

    def _idle_ms(self, now: int) -> int:
        due = self.management_due
        if self.thing.app:
            due = min(due, self.thing.worker_due)
        if self.cloud_due > now:
            due = min(due, self.cloud_due)
        return max(0, min(TICK_MS, due - now))

    def _waits(self) -> bool:
        """Return whether a reply, a changed status, or a reading is to be delivered."""
        thing, queue = self.thing, self.thing.queue
        return bool(thing.replies or thing.status.changed or queue.oldest or queue.fresh)

    def _cloud_trouble(self, error: CloudError) -> str | None:
        thing, now = self.thing, self.thing.clock.monotonic()
        if error.code in ("session", "identity"):
            thing.cloud.forget()
            thing.taken = thing.taken + 1 if now - self.since < EARLY_MS else 0
            if thing.taken >= TAKEN and error.code == "session":  # both report it, and wait longer
                error.text = TWICE % thing.parameters.tid
                error.wait_s = window(thing.taken - TAKEN, TAKEN_S)
                journals.note(thing.journal, error.text)
            return thing.fail(error, SESSION_LOST)
        if error.code == "forged":
            thing.status.remark(error.text)
        self.troubles += 1
        if self.troubles >= TROUBLES:
            return thing.fail(error, SESSION_LOST)
        thing.tell(WARNING, "cloud_trouble", code=error.code, text=error.text)
        wait = max(error.wait_s * 1000, wait_ms(self.troubles, thing.base_s(), thing.chance()))
        self.cloud_due = max(self.cloud_due, now + wait)
        self.management_due = max(self.management_due, now + wait)
        return None
