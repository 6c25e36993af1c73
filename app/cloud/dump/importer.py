"""Import of a dump into the database: all of it, or nothing if it cannot be read to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO, Any

from app.cloud.catalog import DEVELOPMENT
from app.cloud.database.connection import Taken
from app.cloud.dump.models import READING, Kept, Record, Skipped, Told
from app.cloud.dump.records import BadDump, Records
from app.cloud.folder import ACCOUNT
from app.cloud.manage.service.office import LOCAL, Refused
from app.cloud.manage.service.versions import check_files
from app.cloud.store import Store
from app.cloud.tables.apps import NONE_AID, AppRow
from app.cloud.tables.pools import Pool
from domain.plain import plain

_VERSIONS = ("pythings_version", "app_version")
_TEXTS = (*_VERSIONS, "management_interval", "worker_interval")
_FLAGS = ("battery_operated", "ssl", "payload_encryption")
# The order in which the existing cloud sends them.
_ORDER = (*_TEXTS, "battery_operated", "setup_timeout", "ssl", "payload_encryption", "backend")
_LONGEST_NAME = 150  # characters of a user's name, or an app's


class _DryRun(Exception):
    """It is over, and nothing of it stays."""


def run(
    store: Store,
    file: IO[bytes],
    now: float,
    *,
    dry_run: bool = False,
    backends: bool = False,
    progress: Callable[[int], None],
) -> Told:
    """Import the dump in `file`, in one transaction; raises BadDump, and nothing has happened.

    It is read twice: readings may stand before the apps that they belong to. `progress` gets the
    bytes read in all; `backends`: the setting of that name is imported, too.
    """
    told, kept = Told(), Kept()
    for row in _rows(file, 0, progress):
        record = told.record(row)
        if record is not None and record.model != READING and not kept.add(record, told):
            raise BadDump("The dump has more apps, files and Things than fit into memory.")
    importer = _Importer(store, told, kept, backends)
    try:
        with store.transaction():
            importer.import_kept()
            for row in _rows(file, file.tell(), progress):
                record = Told().record(row)
                if record is not None and record.model == READING:
                    importer.try_one(record, importer.reading)
            if told.new:
                counts = ", ".join(f"{count} {model}" for model, count in told.new.items())
                store.audit.add(now, LOCAL.name, "import", None, "dump", counts)
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    return told


def _rows(
    file: IO[bytes], before: int, progress: Callable[[int], None]
) -> Iterator[dict[str, Any]]:
    file.seek(0)
    records = Records(file)
    for row in records:
        yield row
        progress(before + records.done)


class _Importer:
    """One import, in the order of what refers to what."""

    def __init__(self, store: Store, told: Told, kept: Kept, backends: bool) -> None:
        self._store = store
        self._told = told
        self._kept = kept
        self._backends = backends
        self._apps: dict[str, AppRow] = {}  # by their keys in the dump
        self._made: set[tuple[object, ...]] = set()  # in this import
        self._series: dict[tuple[str, str], str] = {}  # why readings are skipped, empty if not

    def import_kept(self) -> None:
        """Import everything but readings."""
        made = (("app", self._app), ("pool", self._pool), ("thing", self._thing))
        for model, make in made:
            for record in self._kept.of(model):
                self.try_one(record, make)
            if model == "pool":  # Things come last, as the pools name versions
                for record in sorted(self._kept.of("commit"), key=_age):
                    self.try_one(record, self._commit)

    def try_one(self, record: Record, make: Callable[[Record], bool]) -> None:
        """Import a record, and count what became of it."""
        try:
            new = make(record)
        except Skipped as reason:
            self._told.skipped[f"{record.model}: {reason}"] += 1
        else:
            (self._told.new if new else self._told.there)[record.model] += 1

    def _app(self, record: Record) -> bool:
        aid, name = record.text("aid"), record.text("name", _LONGEST_NAME)
        account = self._account(record)
        pools = [it for it in self._kept.of("pool") if it.reference("app") == record.key]
        if not pools:
            raise Skipped("it has no pool")
        default = [it for it in pools if it.key == record.reference("default_pool")] or pools
        self._store.accounts.add(account, by_name=True)
        known = self._store.apps.with_aid(aid)
        found = [app for app in known if app.account == account]
        if known and not found and aid != NONE_AID:
            raise Skipped("there is an app of that id here, of another account")
        self._once("app", account, aid)
        if not found:
            found = [self._store.apps.add(account, name, _pool_name(default[0]), aid)]
            self._apps[record.key] = found[0]
            return True
        self._apps[record.key] = found[0]
        return False

    def _account(self, record: Record) -> str:
        """Return the name of the app's user, of the account that is here if it is not known."""
        key = record.fields.get("user")
        if isinstance(key, list) and len(key) == 1 and isinstance(key[0], str):  # a natural key
            return key[0][:_LONGEST_NAME] or ACCOUNT
        user = self._kept.by_model["user"].get(record.reference("user"))
        return ACCOUNT if user is None else user.text("username", _LONGEST_NAME)

    def _pool(self, record: Record) -> bool:
        app, name = self._app_of(record), _pool_name(record)
        self._once("pool", app.id, name)
        if self._store.pools.get(app.id, name) is not None:
            return False
        settings = self._settings(record)
        # There, staging follows tags; here a pool follows each commit, or none.
        latest = record.flag("use_latest_app_version") and _is_development(record)
        self._store.pools.add(app.id, Pool(name, settings, latest))
        return True

    def _settings(self, record: Record) -> dict[str, Any]:
        given = self._kept.get("settings", record.reference("settings"))
        texts = {name: given.optional(name) for name in (*_TEXTS, "backend")}
        for name in _VERSIONS:
            if texts[name] and not plain(str(texts[name])):
                texts[name] = None
                self._told.fields[f"settings.{name}"] += 1
        if texts["backend"] and not self._backends:
            texts["backend"] = None
            self._told.fields["settings.backend"] += 1
        flags = {name: given.flag(name) for name in _FLAGS if name in given.fields}
        found: dict[str, Any] = {**texts, **flags}
        timeout = given.fields.get("setup_timeout")
        if isinstance(timeout, int) and not isinstance(timeout, bool):
            found["setup_timeout"] = timeout
        return {name: found[name] for name in _ORDER if found.get(name) is not None}

    def _commit(self, record: Record) -> bool:
        app, version = self._app_of(record), record.text("cid")
        files = self._files(record)
        try:
            check_files(files, version)
        except Refused as error:
            raise Skipped(str(error)) from error
        self._once("commit", app.id, version)
        try:
            self._store.versions.add(app.id, files, version, record.moment("ts") / 1e6)
        except Taken:
            return False
        self._told.new["file"] += len(files)
        return True

    def _files(self, record: Record) -> dict[str, str]:
        keys, files = record.fields.get("files"), {}
        for key in keys if isinstance(keys, list) else ():
            file = self._kept.get("file", str(key))
            if file.reference("app") != record.reference("app"):
                raise Skipped("a file of it is another app's")
            if file.fields.get("path") not in (None, "", "/"):
                raise Skipped("a file of it is in a folder")
            content = file.fields.get("content", "")
            if not isinstance(content, str):
                raise Skipped("a file of it is no text")
            files[file.text("name")] = content
        return files

    def _thing(self, record: Record) -> bool:
        app, tid = self._app_of(record), record.text("tid")
        pool = self._kept.get("pool", record.reference("pool"))
        name = _pool_name(pool)
        if pool.reference("app") != record.reference("app"):
            raise Skipped("its pool is another app's")
        if self._store.pools.get(app.id, name) is None:
            raise Skipped("its pool was left out")
        own = self._settings(record) if record.flag("use_custom_settings") else None
        described = (record.optional("platform"), record.optional("capabilities"))
        frozen = record.flag("frozen_os")
        self._once("thing", app.account, tid)
        found = self._store.things.in_account(app.account, tid)
        if found is not None:
            if found.app_id != app.id:
                raise Skipped("it is here, with another app")
            return False
        thing = self._store.things.add(tid, app.id, name, by_account=None)
        self._store.things.describe(thing, (*described, frozen))
        if own is not None:
            self._store.things.set_custom(thing, own)
        return True

    def reading(self, record: Record) -> bool:
        """Import a reading of a Thing that is here; its app may be one that it had before."""
        aid, tid, ts = record.text("aid"), record.text("tid"), record.moment("ts")
        if record.fields.get("data") is None:
            raise Skipped("it has no data")
        reason = self._series.get((aid, tid))
        if reason is None:
            apps = [app for app in self._store.apps.with_aid(aid) if not app.hidden]
            here = any(self._store.things.in_account(app.account, tid) for app in apps)
            reason = "" if here else f"its {'Thing' if apps else 'app'} is not here"
            self._series[aid, tid] = reason
        if reason:
            raise Skipped(reason)
        try:
            self._store.readings.add(aid, tid, ts, record.fields["data"], ts / 1e6)
        except Taken:
            return False
        return True

    def _app_of(self, record: Record) -> AppRow:
        key = record.reference("app")
        self._kept.get("app", key)
        if key not in self._apps:
            raise Skipped("its app was left out")
        return self._apps[key]

    def _once(self, *what: object) -> None:
        if what in self._made:
            raise Skipped("its id or name is twice in the dump")
        self._made.add(what)


def _pool_name(record: Record) -> str:
    kinds = ("production", "staging", DEVELOPMENT)
    given = record.optional("name") or next((it for it in kinds if record.flag(it)), "")
    return given or f"pool {record.key}"[:36]


def _is_development(record: Record) -> bool:
    return record.flag(DEVELOPMENT) or record.optional("name") == DEVELOPMENT


def _age(record: Record) -> int:
    try:
        return record.moment("ts")
    except Skipped:
        return 0
