"""Admin calls on apps, versions, pools and accounts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from app.cloud import catalog
from app.cloud.admin.arguments import (
    AdminRefusal,
    Arguments,
    flag,
    mapping,
    names,
    optional_count,
    optional_text,
    settings,
    text,
)
from app.cloud.admin.arguments import version as version_name
from app.cloud.cloud import Cloud
from app.cloud.database.connection import Taken
from app.cloud.folder import ACCOUNT
from app.cloud.tables.apps import App
from app.cloud.tables.pools import Pool, merged

# The fields of these lengths in the recorded server's database.
_LONGEST_NAME = 36
_MOST_DAYS = 36_500  # what is kept for a century is kept


def create_app(cloud: Cloud, arguments: Arguments) -> dict[str, str]:
    """Make an app, and its account if there is none of that name; return its aid."""
    account = optional_text(arguments, "account") or ACCOUNT
    cloud.store.accounts.add(account)
    aid = optional_text(arguments, "aid")
    if aid is not None and cloud.store.apps.with_aid(aid):
        raise AdminRefusal(409, f"there is an app {aid} already")
    return {"aid": catalog.create_app(cloud, account, text(arguments, "name"), aid).aid}


def commit(cloud: Cloud, arguments: Arguments) -> dict[str, str]:
    """Commit files (name to text) to an app; return the version."""
    app = app_of(cloud, text(arguments, "aid"))
    files = mapping(arguments, "files")
    if not files or not all(name and isinstance(body, str) for name, body in files.items()):
        raise AdminRefusal(400, "files must give the text of one file at least")
    version = optional_text(arguments, "version")
    if version is not None:
        version_name("version", version)
    if any(len(name) > _LONGEST_NAME for name in files):
        raise AdminRefusal(400, f"names have at most {_LONGEST_NAME} characters")
    try:
        return {"version": catalog.commit(cloud, app, files, version)}
    except Taken as error:
        raise AdminRefusal(409, f"there is a version {version} already") from error


def list_apps(cloud: Cloud, _arguments: Arguments) -> list[dict[str, Any]]:
    """Return all apps with their versions and pools."""
    return [
        {
            "aid": app.aid,
            "name": app.name,
            "account": app.account,
            "hidden": app.hidden,
            "versions": cloud.store.versions.names(app.id),
            "pools": {pool.name: _shown(pool) for pool in cloud.store.pools.of_app(app.id)},
        }
        for app in cloud.store.apps.all()
    ]


def set_pool(cloud: Cloud, arguments: Arguments) -> dict[str, Any]:
    """Change some of a pool's settings, to any values; return what it has now.

    `keep_readings`: for how many days, 0 for ever.
    """
    app = app_of(cloud, text(arguments, "aid"))
    name = text(arguments, "pool")
    pool = pool_of(cloud, app, name)
    latest = flag(arguments, "use_latest_app_version")
    keep = optional_count(arguments, "keep_readings")
    pool = Pool(
        pool.name,
        merged(pool.settings, settings(arguments), names(arguments, "remove")),
        pool.use_latest_app_version if latest is None else latest,
        (min(keep, _MOST_DAYS) or None) if keep is not None else pool.keep_readings,
    )
    cloud.store.pools.save(app.id, pool)
    return _shown(pool)


def set_limits(cloud: Cloud, arguments: Arguments) -> dict[str, Any]:
    """Set how many Things and messages an account may have; null is no limit."""
    account = optional_text(arguments, "account") or ACCOUNT
    if not cloud.store.accounts.exists(account):
        raise AdminRefusal(404, f"there is no account {account}")
    limits = {name: optional_count(arguments, name) for name in ("things", "messages")}
    cloud.store.accounts.set_limits(account, **limits)
    return {"account": account, **limits}


def list_accounts(cloud: Cloud, _arguments: Arguments) -> list[dict[str, Any]]:
    """Return all accounts with the id that new Things register with."""
    return [asdict(account) for account in cloud.store.accounts.all()]


def close_account_name(cloud: Cloud, arguments: Arguments) -> dict[str, Any]:
    """Let nothing register by an account's name any more, as before accounts had ids."""
    account = cloud.store.accounts.named(text(arguments, "account"))
    if account is None:
        raise AdminRefusal(404, "there is no such account; see `pythings cloud account list`")
    cloud.store.accounts.close_name(account.name)
    return {**asdict(account), "by_name": False}


def app_of(cloud: Cloud, aid: str) -> App:
    """Return the app of that id; raises AdminRefusal."""
    apps = cloud.store.apps.with_aid(aid)
    if not apps:
        raise AdminRefusal(404, f"there is no app {aid}; see `pythings cloud app list`")
    return apps[0]


def pool_of(cloud: Cloud, app: App, name: str) -> Pool:
    """Return the app's pool of that name; raises AdminRefusal."""
    pool = cloud.store.pools.get(app.id, name)
    if pool is None:
        known = ", ".join(pool.name for pool in cloud.store.pools.of_app(app.id))
        raise AdminRefusal(404, f"app {app.aid} has no pool {name}; it has {known}")
    return pool


def _shown(pool: Pool) -> dict[str, Any]:
    return {
        "settings": pool.settings,
        "use_latest_app_version": pool.use_latest_app_version,
        "keep_readings": pool.keep_readings,
    }
