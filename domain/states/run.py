"""run: the work of a Thing - management, messages, the app's worker, readings, reports."""

from __future__ import annotations

from typing import Any, Callable

from domain.app.app import keep_readings
from domain.errors import CloudError, DeviceError, LinkError, ThingError
from domain.health import journal as journals
from domain.health.backoff import wait_ms, window
from domain.levels import DEBUG, INFO, WARNING
from domain.lifecycle import LINK_LOST, SESSION_LOST, UPDATE_WANTED
from domain.readings.refused import keep
from domain.security.secret import introduce, remember
from domain.settings.parameters import SIGNED, TRUST
from domain.settings.settings import merge
from domain.settings.update_policy import app_wanted, forgive, os_wanted, settings_wanted
from domain.states.connect import steady
from domain.thing import Thing

TICK_MS = 1000
TROUBLES = 3  # bad answers in a row until the session itself is suspected
COLLISIONS = 2  # refusals of a reading until its second counts as occupied
REFUSALS = 4  # of one reading or reply, with good exchanges in between, until it is given up
PASSING = 2  # management exchanges for which an accepted reading shows that others pass
GOOD_STRETCH_MS = 300000
EARLY_MS = 900000  # a session that the cloud ends sooner counts as taken over
TAKEN = 2  # of them in a row: another Thing registers with the same id
TAKEN_S = 10  # the first wait
TWICE = (
    "does another Thing have the id %s, as of a copied card? - give one of them another, "
    "in its file tid"
)
READING = "a reading"
GIVEN_UP = "the reply is refused on its way to the cloud - is it too long?"  # sent instead of it
WORD_MS = 60000  # between two `works` events
BACKLOG = 60  # readings: a shorter queue is not reported


# Errors that say nothing about the one reading, or are handled elsewhere.
_NOT_BARRED = ("trouble", "session", "identity", "forged")


class Run:
    """The work in a session: each act does the most urgent due thing, or sleeps for a moment."""

    def __init__(self, thing: Thing) -> None:
        self.thing = thing
        self.since = thing.clock.monotonic()
        self.management_due = self.since
        self.cloud_due = self.since  # for anything but management, after trouble
        self.word_due = self.since + WORD_MS
        self.calls = self.delivered = 0  # since the last `works` event
        self.troubles = 0
        self.refusals = 0
        self.taken = False  # a reading was accepted in this session
        self.passing = 0  # exchanges for which readings are still known to pass
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
            return self._manage(now)
        worked, self.worked = self.worked, False
        if worked and now >= self.cloud_due and self._send():
            return None  # else an app that is always due would block all sending
        if now >= thing.worker_due and thing.app:
            thing.app.work()
            self.worked = True
            self.calls += 1
            if thing.journal.app.trial:
                self._confirm(("app",))
            queue = thing.queue
            if now < self.cloud_due or len(queue.fresh) > 1 or queue.oldest:
                keep_readings(thing)
        elif now >= self.cloud_due and self._send():
            pass
        else:
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

    def _send(self) -> bool:
        """Deliver one waiting item - a reply, a changed status, a reading - or return False."""
        thing, queue = self.thing, self.thing.queue
        if thing.replies or thing.status.changed or queue.oldest or queue.fresh:
            return self._send_first()
        return False

    def _send_first(self) -> bool:
        thing = self.thing
        untold, reading = thing.status.untold(), thing.queue.head()
        if thing.replies:
            mid, content = thing.replies[0]
            passed = self._deliver("a reply", thing.cloud.reply, mid, content)
            if passed or content == GIVEN_UP:
                del thing.replies[0]
            else:
                thing.replies[0] = (mid, GIVEN_UP)
        elif untold:
            part, status, text = untold[0]
            self._deliver("a report", thing.cloud.report, part, status, text or None)
            self._told(part, text)
        elif reading:
            self._deliver_reading(*reading)
        else:
            return False
        return True

    def _told(self, part: str, text: str) -> None:
        thing = self.thing
        thing.status.tell(part)
        journal, lost = thing.journal, journals.losses(thing.journal)
        if part == "pythings" and (journal.notes or lost):
            for note in journal.notes:
                thing.status.remark(note)
            if lost and lost in text:  # else more were lost meanwhile: all are reported together
                thing.status.remark(lost)
                journal.lost = []
            journal.notes = []
            thing.save_journal()

    # management

    def _manage(self, now: int) -> str | None:
        thing = self.thing
        salt = thing.cloud.salt()
        shown = introduce(thing, salt) if salt else False
        wire, message = thing.cloud.management()
        if shown:
            remember(thing, salt)
        self.troubles = 0
        self.management_due = now + thing.settings.management_interval * 1000
        self._handle(message)
        self._good_exchange(now)
        self._confirm(journals.KINDS)
        moved = self.moved
        if not moved:
            # The settings' own backend takes over once the session is known to be good.
            self.moved = True
            self.strange = wire.get("backend") != thing.settings.backend
            ssl = thing.backend()[1]
            thing.cloud.use(thing.settings.backend, ssl)
            self.management_due = now
        event = self._compare(wire, now)
        if moved:  # however long this took, other work comes before the next exchange
            soonest = thing.clock.monotonic() + TICK_MS
            self.management_due = max(self.management_due, soonest)
        return event

    def _handle(self, message: tuple[str, str, Any] | None) -> None:
        """Answer a command by executing it, a message that was too long by the gateway's words,
        others by the app, which is always called."""
        thing = self.thing
        mid = content = None
        if message is not None:
            mid, kind, content = message
            thing.tell(INFO, "message", mid=mid, type=kind)
            if kind == "CMD":
                content = self._execute(mid, content)
            if kind in ("CMD", "LONG"):
                thing.replies.append((mid, content))
                mid = content = None
        reply = thing.app.manage(content) if thing.app else None
        if mid is not None:
            thing.replies.append((mid, reply))
        while thing.replies:
            self._send()

    def _execute(self, mid: str, source: Any) -> str:
        if not isinstance(source, str):
            return "a command is Python source, not %r" % (source,)
        thing = self.thing
        # docs/security.md, 11: safe if only the cloud can have sent it, or the owner set http://.
        safe = not (thing.unverified or thing.exposed)
        if safe and (self.strange or not thing.backend()[1]):
            safe = thing.parameters.backend.startswith("http://")
        commands = thing.parameters.commands
        if not commands and not safe and TRUST in thing.storage.names():
            commands = SIGNED
        if commands == "off":
            return "refused: commands are off here - by the parameter commands"
        try:
            if commands == SIGNED:
                from domain.app.signed_command import verified

                source = verified(thing, source)
            elif not (safe or thing.settings.payload_encryption or thing.exposed):
                return "refused: anybody could have sent this - set ssl or payload_encryption"
            if source[:1] != ":":  # no Python source begins with a colon
                return thing.apps.execute(source, thing.parameters.app_timeout * 1000)
        except ThingError as error:
            return error.text
        from domain.debug.remote import remote

        return remote(thing, mid, source, commands)

    def _good_exchange(self, now: int) -> None:
        """Record that the cloud was reached and understood."""
        thing, journal = self.thing, self.thing.journal
        if self.moved:
            journal.tries = 0
        self.cloud_due = now
        self.barred = 0
        self.passing = max(0, self.passing - 1)
        thing.status.set("management")
        if thing.quick:
            steady(thing)
        self.met = self.moved

    def _confirm(self, kinds: tuple[str, ...]) -> None:
        """Confirm the versions on trial, once the settings' own cloud was reached.

        An app's tasks must have returned, too. Remarks on earlier versions of these kinds end, and
        so do counted faults after a good stretch."""
        thing, journal = self.thing, self.thing.journal
        if not self.met:
            return
        thing.trouble = None
        lasted = thing.clock.monotonic() - self.since
        faults = journal.starts or journal.app_faults and journal.without_app
        if faults and lasted >= GOOD_STRETCH_MS:
            journal.starts = journal.app_faults = 0
            thing.unsaved = True
        if thing.taken and lasted >= EARLY_MS:
            thing.taken = 0
            thing.status.over(["does"])
        if journal.app.trial and thing.app and not thing.app.proven():
            kinds = tuple([kind for kind in kinds if kind != "app"])
        proven = journals.confirm_slots(journal, kinds)
        if proven:
            thing.status.over(proven)
            thing.unsaved = True  # else the end of the trial would be known in memory only
            if not journal.app.trial:
                thing.tell(INFO, "confirmed", app=journal.app.version or "none")
        if thing.unsaved:
            thing.save_journal()

    # requests of the cloud

    def _compare(self, wire: dict[str, Any], now: int) -> str | None:
        thing = self.thing
        wanted, problems = merge(thing.settings, wire)
        if thing.queue.lost:
            keep_readings(thing)
        remarks = problems + thing.problems + thing.status.remarks + thing.journal.notes
        lost = journals.losses(thing.journal)
        if lost:
            remarks.append(lost)
        if thing.journal.without_app:
            remarks.append(thing.journal.without_app)
        told = thing.status.now.get("pythings", ("", ""))[1]
        thing.status.set("pythings", "; ".join(remarks), self._waiting())
        text = "; ".join(problems)
        if text not in told:
            thing.tell(WARNING, "settings", text=text)
        if journals.on_trial(thing.journal):
            return None  # an update would overwrite the version to roll back to
        forgive(thing, wanted)
        thing.wanted = wanted
        for is_wanted in (settings_wanted, os_wanted, app_wanted):
            if is_wanted(thing, wanted, now):
                return UPDATE_WANTED
        if thing.app_after:
            thing.app_after, thing.worker_due = 0, now
        if thing.journal.app.version != thing.app_told:
            thing.cloud.forget()
            error = CloudError("session", "the app is another one than the cloud was told")
            return thing.fail(error, SESSION_LOST)
        return None

    def _waiting(self) -> str:
        """Return the number of waiting readings as a text, or "" if there are few.

        The number changes only when it has halved or doubled, as reporting it costs an exchange."""
        queue = self.thing.queue
        waiting = queue.waiting()
        if waiting < BACKLOG:
            self.backlog = 0
            return ""
        if not self.backlog < 2 * waiting < 4 * self.backlog:
            self.backlog = waiting
            self.thing.tell(INFO, "backlog", waiting=waiting)
        return "%d readings wait for the cloud" % self.backlog

    # deliveries to the cloud

    def _deliver(self, what: str, call: Callable[..., None], *arguments: Any) -> bool:
        """Deliver an item; return False if it is given up, or it would block the rest for ever."""
        given_up = False
        try:
            call(*arguments)
        except CloudError as error:
            if not self._hopeless(error, what == READING):
                raise
            given_up = True
            self._give_up(what, error.text, arguments)
        self.refusals = 0
        return not given_up

    def _give_up(self, what: str, text: str, arguments: Any) -> None:
        self.thing.tell(WARNING, "given_up", what=what, text=text)
        self.thing.status.remark("%s was given up: %s" % (what, text))
        self._stored(keep, self.thing.storage, what, text, arguments)

    def _deliver_reading(self, epoch: int | str | None, message: Any, tries: int = 0) -> None:
        """Deliver the oldest reading.

        The cloud answers with `trouble`, too, when it has a reading of that second already: this
        one, if an answer was lost; else another one, and there is room between the seconds."""
        queue = self.thing.queue
        try:
            if self._deliver(READING, self.thing.cloud.reading, message, epoch):
                self.taken = True
                self.passing = PASSING
        except LinkError:
            queue.doubtful = True
            raise
        except CloudError as error:
            if error.code not in _NOT_BARRED and self._barred(error, tries):
                return
            if error.code != "trouble" or epoch is None:
                raise
            mark = ".0" if isinstance(epoch, int) else "" if epoch[-1] == "0" else "0"
            if mark and not queue.doubtful:
                if self.refusals == COLLISIONS and isinstance(epoch, int):
                    queue.shift("%s.5" % epoch)  # no other reading has the half second
                raise
            if not self.taken and self._another_first(mark):
                return
            if not self.taken or self.refusals < COLLISIONS:
                raise
            self.thing.tell(INFO, "there_already", epoch=epoch)
        self._stored(queue.pop)
        self.refusals = 0
        self.delivered += 1
        self.thing.tell(DEBUG, "delivered", waiting=queue.waiting())

    def _another_first(self, mark: str) -> bool:
        """Move a reading that the cloud may already have behind the others, if any.

        Once another is accepted, a refusal of this one means that the cloud has it. Return whether
        to try another at once."""
        queue = self.thing.queue
        self.refusals = 0
        if queue.waiting() < 2:
            return False
        self._stored(queue.put_back, mark)
        if mark:  # else doubtful readings would circulate for ever
            self.cloud_due = self.thing.clock.monotonic()
        return bool(mark)

    def _barred(self, error: CloudError, tries: int) -> bool:
        """Move a refused reading behind the others; return whether to go on at once.

        The others show whether only this one is refused, or all of them, as with an account at its
        limit. It is given up if it is refused again and again while they pass; `tries`: how often
        it was refused while they did."""
        queue = self.thing.queue
        reading = queue.head()
        if self.passing and tries + 1 >= REFUSALS:
            self._give_up(READING, error.text, reading)
            self._stored(queue.pop)
            return True
        self.barred += 1
        others = queue.waiting()
        if self.passing or others > 1:
            self._stored(queue.put_back, "", tries + min(1, self.passing))
        if not self.passing or self.barred >= others:
            return False
        self.cloud_due = self.thing.clock.monotonic()
        return True

    def _hopeless(self, error: CloudError, reading: bool) -> bool:
        """Count a refusal; return whether to give the item up."""
        code = error.code
        if code == "unacceptable":
            return True
        if code not in ("session", "identity"):
            self.cloud_due = self.management_due  # only after a good exchange in between
            if code == "trouble" or not reading:
                self.refusals += 1
        return self.refusals >= REFUSALS

    def _stored(self, change: Callable[..., None], *arguments: Any) -> None:
        """Call `change`; if the storage is full, report that: the queue goes on in memory."""
        try:
            change(*arguments)
        except DeviceError as error:
            self.thing.tell(WARNING, "readings_not_kept", code=error.code, text=error.text)

    # trouble

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
