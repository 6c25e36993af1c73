"""update: fetch the requested settings, app or OS, verify them whole, commit them in one step."""

from __future__ import annotations

import json

import attrs

from domain.app.app import SEAL, keep_readings, sealed
from domain.errors import CloudError, ThingError
from domain.health import journal as journals
from domain.health.slots import commit, other
from domain.levels import INFO, WARNING
from domain.lifecycle import APPLIED, COMMITTED, REJECTED
from domain.plain import plain
from domain.settings.settings import Settings, fingerprint, need_session, to_json
from domain.settings.update_policy import app_wanted, os_wanted, settings_wanted
from domain.settings.values import quoted
from domain.streams import pour
from domain.thing import Thing, held

MAX_FILES = 32


class Update:
    """One update. Settings come first, so that a better way to fetch the app is used at once."""

    def __init__(self, thing: Thing) -> None:
        self.thing = thing

    def act(self) -> str:
        """Install settings, an OS or an app; return COMMITTED, APPLIED or REJECTED."""
        thing = self.thing
        wanted, thing.wanted = thing.wanted or thing.settings, None
        event, now = REJECTED, thing.clock.monotonic()
        try:
            if settings_wanted(thing, wanted, now):
                self._begin("settings", fingerprint(wanted))
                event = self._settings(wanted)
            if event == REJECTED and os_wanted(thing, wanted, now):
                self._begin("os", wanted.pythings_version)
                self._os(wanted.pythings_version)
                event = COMMITTED
            elif event != COMMITTED and app_wanted(thing, wanted, now):
                self._begin("app", wanted.app_version)
                self._app(wanted.app_version)
                event = COMMITTED
        except ThingError as error:
            thing.quiet_until = thing.clock.monotonic() + error.wait_s * 1000
            tries = 1
            if thing.journal.tried:  # the try ended with an expected error
                tries += held(thing, False)
                thing.journal.tried[2] -= 1
                thing.unsaved = thing.unsaved or not tries & (tries - 1)  # as it began
            # Once, and then each time that they are twice as many: it may go on for ever.
            if error.text not in thing.status.remarks or not tries & (tries - 1):
                text = error.text
                thing.tell(WARNING, "update_failed", code=error.code, text=text, tries=tries)
            thing.status.remark(error.text)
        except Exception as error:  # a full stack or heap, our own bug
            if not thing.journal.tried:
                raise  # it is in force: only a start is left to do
            self._faulted(error)
        thing.journal.begun = 0
        if event == COMMITTED:
            keep_readings(thing)
        return event

    def _begin(self, kind: str, version: str) -> None:
        """Count the try before it begins, as one that ends in a reset leaves no other trace.

        A try of settings, which take two writes, is counted in memory only; so are, to spare the
        flash, the third, the fifth and so on of an update that is refused time and again: a reset
        ends the series."""
        journal = self.thing.journal
        tried = journal.tried
        journal.tried = [kind, version, (tried[2] if tried[:2] == [kind, version] else 0) + 1]
        tries = held(self.thing, False) + 2
        if kind != "settings" and not tries & (tries - 1):
            journal.begun = 1
            self.thing.save_journal()

    def _faulted(self, error: Exception) -> None:
        """Hold the update back, longer each time.

        It is no fault of the running versions: counting it would cost the app, then the OS."""
        thing = self.thing
        kind, version, tries = thing.journal.tried
        held(thing)
        memory = isinstance(error, MemoryError)
        why = "it takes more memory than there is" if memory else repr(error)
        text = "%s %s not installed: %s" % (kind, version, why)
        journals.note(thing.journal, text)
        thing.tell(WARNING, "update_failed", code="fault", text=text, tries=tries)
        thing.journal.begun = 0
        thing.save_journal()

    def _settings(self, wanted: Settings) -> str:
        thing, version = self.thing, fingerprint(wanted)
        name = "settings." + other(thing.journal.settings)
        try:
            content = json.dumps(to_json(wanted)).encode()
            thing.storage.replace(name, content)
            self._commit("settings", version)
        except ThingError as error:
            thing.held_settings.hold(version, thing.clock.monotonic())
            error.text = "settings not stored: %s" % error.text
            raise
        if need_session(thing.settings, wanted):
            return COMMITTED
        thing.settings = wanted
        soonest = thing.clock.monotonic() + wanted.worker_interval * 1000
        thing.worker_due = min(thing.worker_due, soonest)
        return APPLIED

    def _app(self, version: str) -> None:
        """Fetch and commit an app; leave nothing behind if that fails."""
        thing = self.thing
        folder = "app." + other(thing.journal.app)
        try:
            thing.storage.remove(folder)
            self._fetch(version, folder)
            self._commit("app", version)
        except ThingError as error:
            thing.held_app.hold(version, thing.clock.monotonic())
            error.text = "app %s not installed: %s" % (version, error.text)
            thing.storage.remove(folder)
            raise

    def _os(self, version: str) -> None:
        """Fetch and commit an OS, and start it: a board has no other way to run it."""
        from domain.os_update.install import Install  # seldom needed, and large

        thing = self.thing
        try:
            Install(thing, version).run()
        except MemoryError:
            app = thing.app
            if app is None or not app.loaded:
                raise
            thing.apps.unload()  # it is loaded again when it is called
            app.loaded = False
            Install(thing, version).run()
        thing.held_os.hold(version, thing.clock.monotonic())  # in case the commit cannot be written
        self._commit("os", version)
        keep_readings(thing)
        thing.cloud.forget()
        thing.apps.unload()
        thing.system.restart()

    def _commit(self, kind: str, version: str) -> None:
        """Commit a version: it is in force once the journal is written, or not at all."""
        thing, journal = self.thing, self.thing.journal
        before = attrs.evolve(journal)
        setattr(journal, kind, commit(getattr(journal, kind), version))
        journal.tried = []
        journal.begun = 0
        if kind == "app":
            journal.app_faults = 0
            journal.without_app = ""
        try:
            journals.save(thing.storage, journal)
        except Exception:
            before.number = journal.number
            thing.journal = before
            raise
        thing.tell(INFO, "committed", kind=kind, version=version)

    def _fetch(self, version: str, folder: str) -> None:
        thing = self.thing
        if thing.parameters.apps == "signed":
            from domain.app.signed_app import fetch

            fetch(thing, version, folder)
        else:
            self._fetch_all(version, folder)
        thing.storage.replace(folder + SEAL, sealed(thing.storage, folder))

    def _fetch_all(self, version: str, folder: str) -> None:
        cloud, storage = self.thing.cloud, self.thing.storage
        names = cloud.app_files(version)
        if not 0 < len(names) <= MAX_FILES:
            raise CloudError("wrong", "the cloud lists %d files" % len(names))
        for name in names:
            if not plain_name(name):
                raise CloudError("wrong", "the cloud lists a file named %s" % quoted(name))
        for name in names:
            with storage.receive("%s/%s" % (folder, name)) as file:
                pour(cloud.app_file(version, name), file.write)
            self.thing.tell(INFO, "fetched", file=name, version=version)
        self.thing.journal.next_app = 0


def plain_name(name: object) -> bool:
    """Tell whether this names a file directly in the app's folder, and nothing else.

    The names of the OS's own files are refused, too: a board would find the app's files first.
    """
    return isinstance(name, str) and plain(name, 64) and name[0] != "." and name[:3] != "pt_"
