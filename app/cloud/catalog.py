"""Creation of apps with their pools, and commits, which the pools may follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.cloud.cloud import Cloud
from app.cloud.tables.apps import NONE_AID, AppRow
from app.cloud.tables.pools import Pool

DEVELOPMENT = "development"
UNBOUND = "unbound"

# The files of an app before its owner's first commit: they run, and do nothing.
_FIRST_FILES = {
    "worker_task.py": """\
class WorkerTask:
    def call(self):
        return None
""",
    "management_task.py": """\
class ManagementTask:
    def call(self, data):
        return None
""",
}


def create_app(cloud: Cloud, account: str, name: str, aid: str | None = None) -> AppRow:
    """Make an app with its three pools and a first version.

    Raises Taken if the account has an app of that `aid`.
    """
    app = cloud.store.apps.add(account, name, DEVELOPMENT, aid)
    version = cloud.store.versions.add(app.id, _FIRST_FILES, None, cloud.clock())
    settings = _settings(version, "60", cloud.tls)
    for pool in ("production", "staging", DEVELOPMENT):
        cloud.store.pools.add(app.id, Pool(pool, settings, pool == DEVELOPMENT))
    return app


def hidden_app(cloud: Cloud, account: str) -> AppRow:
    """Return the account's app for Things that have none yet, made on first use."""
    app = cloud.store.apps.hidden_of(account)
    if app is None:
        app = cloud.store.apps.add(account, "NoneApp", UNBOUND, NONE_AID)
        version = cloud.store.versions.add(app.id, _FIRST_FILES, None, cloud.clock())
        cloud.store.pools.add(app.id, Pool(UNBOUND, _settings(version, "5", cloud.tls), True))
    return app


def commit(cloud: Cloud, app: AppRow, files: Mapping[str, str], version: str | None) -> str:
    """Store a version and give it to the pools that follow the latest; return its name.

    Raises Taken if the given `version` is taken.
    """
    version = cloud.store.versions.add(app.id, files, version, cloud.clock())
    for pool in cloud.store.pools.of_app(app.id):
        if pool.use_latest_app_version:
            settings = {**pool.settings, "app_version": version}
            cloud.store.pools.save(app.id, replace(pool, settings=settings))
    return version


def _settings(app_version: str, management_interval: str, tls: bool) -> dict[str, Any]:
    return {
        "pythings_version": "factory",
        "app_version": app_version,
        "management_interval": management_interval,
        "worker_interval": "300",
        "battery_operated": False,
        "setup_timeout": 60,
        "ssl": tls,
        "payload_encryption": False,
    }
