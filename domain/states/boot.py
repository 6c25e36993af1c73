"""boot: find the versions to run, and judge how the last run ended."""

from __future__ import annotations

import json

from domain.app.app import HELD_MS, App
from domain.errors import DeviceError
from domain.health import journal as journals
from domain.health.remedy import FAULTY_STARTS
from domain.health.slots import roll_back
from domain.levels import INFO, WARNING
from domain.lifecycle import BOOTED, MUST_RECOVER, SETUP_WANTED
from domain.settings.settings import Settings, merge
from domain.thing import CYCLES, Thing, held

FAULTY = ("crash", "watchdog")
HUNG = "the watchdog ended its last run - does a task of the app hang?"
CRASHED = "its last run crashed, or hung"
ASKS = 3  # quick power-on starts in a row: a person requests the portal


class Boot:
    """The start; acts once. Also entered without a restart of the machine, after an update."""

    def __init__(self, thing: Thing) -> None:
        self.thing = thing

    def act(self) -> str:
        """Start the Thing; return BOOTED, SETUP_WANTED or MUST_RECOVER."""
        thing = self.thing
        cause = thing.system.reset_cause() if thing.starting else "update"
        try:
            names = thing.storage.mount()
            if thing.starting:  # later, the copy in memory is as new or newer
                thing.journal = journals.load(thing.storage)
                thing.queue.open(names)
        except DeviceError as error:
            return thing.fail(error, MUST_RECOVER)
        self._load(cause)
        first, thing.starting = thing.starting, False
        if first and self._looping(cause):
            looping = "%d starts in a row ended in a crash" % thing.journal.starts
            return thing.fail(DeviceError("boot_loop", looping), MUST_RECOVER)
        if cause == "wake":
            from domain.states.battery import wake

            wake(thing)
        return SETUP_WANTED if first and self._setup_wanted(cause) else BOOTED

    def _load(self, cause: str) -> None:
        thing, journal = self.thing, self.thing.journal
        taken = self._started(cause)
        if journal.os.trial and journal.os.version != thing.version:
            # The loader had no room to record its start or rollback: the OS before it is running.
            text = "os %s taken back: no room to note its trial" % journal.os.version
            journals.note(journal, text)
            journal.os = roll_back(journal.os)
            taken.append("os")
        if thing.starting and journal.tried and journal.tried[2] > 1:
            text = "%s %s held back: %d tries in a row ended in a start" % tuple(journal.tried)
            journals.note(journal, text)
            held(thing)
        for kind in taken:
            thing.tell(
                WARNING, "taken_back", kind=kind, runs=getattr(journal, kind).version or "none"
            )
        thing.load_parameters()
        thing.queue.most = thing.parameters.queue_kb * 1024
        thing.settings = self._settings()
        thing.apps.unload()
        thing.app = App(thing)
        # Not in the second in which the run before may have taken a reading.
        thing.worker_due = thing.clock.monotonic() + (1000 if thing.starting else 0)
        thing.save_journal()
        thing.tell(
            INFO,
            "boot",
            cause=cause,
            tid=thing.parameters.tid,
            os=thing.version,
            app=journal.app.version or "none",
        )

    def _started(self, cause: str) -> list[str]:
        """Charge a faulty run to the versions on trial that are rolled back now, or to the update
        that was under way, or else count it.

        After a counted one, the cloud, which may have a repaired app, is asked before this one is
        called. Return the kinds rolled back."""
        thing, journal = self.thing, self.thing.journal
        why = journals.FAR
        if cause in FAULTY:
            why = HUNG if cause == "watchdog" else CRASHED
        taken = journals.start_slots(journal, why)
        thing.app_after = 0
        charged, journal.begun = taken or journal.begun, 0
        if cause in FAULTY and not charged:
            journal.starts += 1
            if not thing.apart:
                journals.note(journal, "the Thing: " + why)
                thing.app_after = thing.clock.monotonic() + HELD_MS
        elif thing.starting and not (journal.starts or journal.app_faults):
            journals.bring_back(journal, "all was well without it")
        return taken

    def _settings(self) -> Settings:
        """Return the settings in the active slot, with defaults for unreadable ones."""
        slot = self.thing.journal.settings
        if not slot.place:
            return Settings()
        try:
            content = self.thing.storage.read("settings.%s" % slot.place)
            settings, problems = merge(Settings(), json.loads(content or b""))
        except (ValueError, TypeError, RuntimeError, DeviceError) as error:
            settings, problems = Settings(), ["settings are not readable: %s" % error]
        for problem in problems:
            self.thing.tell(WARNING, "settings", text=problem)
        return settings

    def _looping(self, cause: str) -> bool:
        starts = self.thing.journal.starts
        return cause in FAULTY and starts >= FAULTY_STARTS and starts % FAULTY_STARTS == 0

    def _setup_wanted(self, cause: str) -> bool:
        """Decide whether to open the portal (docs/security.md, 9).

        A Thing without an app id needs a person; one that no cloud has seen, and that knows no
        network, may have one nearby; for any other, a person has to request it."""
        thing = self.thing
        parameters = thing.parameters
        if not thing.portal.offered():
            return False
        asked = self._cycled(cause) or thing.portal.asked()
        if cause in ("power_on", "watchdog"):
            asked = asked or not (parameters.wifi or parameters.apn or thing.journal.settings.place)
        return not parameters.aid or (asked and parameters.setup_timeout > 0)

    def _cycled(self, cause: str) -> bool:
        """Tell whether power came three times and never lasted to the end of the first connect."""
        storage, count = self.thing.storage, 0
        self.thing.quick = True
        try:
            if cause == "power_on":
                count = len(storage.read(CYCLES) or b"") + 1
                if count < ASKS:
                    storage.replace(CYCLES, b"x" * count)
                else:
                    storage.remove(CYCLES)
        except DeviceError:
            pass  # then only the button can request it
        return count >= ASKS
