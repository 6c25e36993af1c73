"""recover: wait long enough not to be a burden, then apply the mildest remedy that is left."""

from __future__ import annotations

from domain import lifecycle
from domain.app.app import App, keep_readings
from domain.errors import CloudError, LinkError
from domain.health import journal as journals
from domain.health import remedy
from domain.health.backoff import wait_ms
from domain.levels import ERROR, INFO, WARNING
from domain.thing import Thing

TICK_MS = 1000
TURN = 3  # the try in a round that opens the portal: minutes after the last network was lost
ROUNDS_PUT_OFF = 12  # until a restart that loses readings is no longer put off: some 5 hours

_EVENTS = {
    remedy.WAIT: lifecycle.RESUME,
    remedy.REREGISTER: lifecycle.REREGISTER,
    remedy.RECONNECT: lifecycle.RECONNECT,
}


class Recover:
    """The wait for a remedy; meanwhile the app works offline, and its readings are kept."""

    def __init__(self, thing: Thing) -> None:
        self.thing = thing
        self.app = thing.app
        self.remedy = ""
        self.until = 0
        self.within = False  # the fault is in the Thing itself

    def act(self) -> str | None:
        """Wait, then apply the remedy.

        Return RESUME, REREGISTER, RECONNECT, SETUP_WANTED or RESTART, or None to wait on.
        """
        thing = self.thing
        if not self.remedy:
            self._choose()
        now = thing.clock.monotonic()
        if now >= self.until:
            return self._apply()
        if self.app and now >= thing.worker_due:
            self._work(self.app)
        else:
            if thing.settings.battery_operated and not (self.within or self._may_be_set_up()):
                from domain.states.battery import rest

                rest(thing, self.until - now, True)
            due = min(self.until, thing.worker_due) if self.app else self.until
            thing.clock.sleep(max(0, min(TICK_MS, due - now)))
        return None

    def _work(self, app: App) -> None:
        """Call the worker; if it fails, go on without the app, so that the remedy is applied."""
        try:
            app.work()
            keep_readings(self.thing)
        except Exception as error:  # noqa: BLE001 - our own bug: what mends it is under way
            self.app = None
            self.thing.tell(ERROR, "fault", state=lifecycle.RECOVER, text=repr(error))

    def _choose(self) -> None:
        thing, journal = self.thing, self.thing.journal
        if isinstance(thing.trouble, (LinkError, CloudError)):
            self.remedy = remedy.outside(
                journal.tries, thing.linked, thing.cloud.in_session(), journals.on_trial(journal)
            )
            count = journal.tries
            journal.tries += 1
        else:
            self.app = None  # it may be the cause: calling it would end this run like the last one
            self.within = True
            self.remedy, count = remedy.ROLL_BACK, 0
            if not journals.on_trial(journal):
                if thing.trouble is None or thing.trouble.code != "boot_loop":
                    journal.starts += 1
                count = journal.starts
                self.remedy = remedy.inside(count, self._has())
        wait = wait_ms(count, thing.base_s(), thing.chance())
        if thing.trouble:
            wait = max(wait, thing.trouble.wait_s * 1000)
        self.until = thing.clock.monotonic() + wait
        waiting = thing.queue.waiting()
        thing.tell(INFO, "remedy", remedy=self.remedy, wait_ms=wait, count=count, waiting=waiting)

    def _has(self) -> tuple[str, ...]:
        """Return the remedies for a fault that have something to fall back to."""
        journal, found = self.thing.journal, []
        if journal.app.place and not journal.without_app:
            found.append(remedy.WITHOUT_APP)
        if journal.os.previous:
            found.append(remedy.PREVIOUS)
        if journal.os.place:
            found.append(remedy.FACTORY)
        return tuple(found)

    def _apply(self) -> str:
        thing = self.thing
        if self.remedy == remedy.RESTART and self._would_lose():
            self.remedy = remedy.RECONNECT
        if self.remedy in (remedy.REREGISTER, remedy.RECONNECT):
            thing.cloud.forget()
        if self.remedy == remedy.RECONNECT:
            for link in thing.links:
                link.down()
            if self._may_be_set_up():
                return lifecycle.SETUP_WANTED
        return _EVENTS.get(self.remedy) or self._restart()

    def _may_be_set_up(self) -> bool:
        """Decide whether to open the portal: no network works and it is the portal's turn.

        The network's password may be mistyped, or its router new, which is rare
        (docs/security.md, 9)."""
        thing, journal = self.thing, self.thing.journal
        if thing.linked or (journal.settings.place and journal.tries % remedy.ROUND != TURN):
            return False
        return thing.portal.offered() and thing.parameters.setup_timeout > 0

    def _would_lose(self) -> bool:
        """Decide whether to put off a restart that would lose readings, as the storage is full.

        Trouble outside is seldom ended by a restart; but it must not be put off for ever."""
        thing = self.thing
        keep_readings(thing)
        if not thing.queue.fresh or thing.journal.tries // remedy.ROUND % ROUNDS_PUT_OFF == 0:
            return False
        return isinstance(thing.trouble, (LinkError, CloudError))

    def _restart(self) -> str:
        """Restart with the remedy applied; a rollback or removal takes effect by a start, too."""
        thing, journal = self.thing, self.thing.journal
        thing.cloud.forget()
        if self.remedy == remedy.ROLL_BACK:
            taken = journals.roll_back_trials(journal)
            for kind in taken:
                runs = getattr(journal, kind).version or "none"
                thing.tell(WARNING, "taken_back", kind=kind, runs=runs)
            if "os" not in taken and not self.within:
                thing.save_journal()
                return lifecycle.RESTART  # of the lifecycle: the machine itself is well
        if self.remedy in (remedy.PREVIOUS, remedy.FACTORY):
            journals.replace_os(journal, self.remedy == remedy.PREVIOUS)
        if self.remedy == remedy.WITHOUT_APP:
            journals.leave_out(journal)
        thing.queue.spill()
        keep_readings(thing)
        if not thing.starting:  # a journal that could not be read is not overwritten
            thing.save_journal()
        if thing.app:
            thing.apps.unload()
        thing.system.restart()
        return lifecycle.RESTART
