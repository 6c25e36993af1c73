"""Versions of an app: list, files, commit, the difference between two."""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from app.cloud import catalog
from app.cloud.cloud import Cloud
from app.cloud.database.connection import Taken
from app.cloud.manage.service.office import (
    FIRST,
    Actor,
    Listing,
    Office,
    Page,
    Refused,
    Role,
    app_of,
    cut,
    note,
)
from app.cloud.tables.apps import AppRow
from app.cloud.tables.audit import COMMIT
from app.cloud.values import VERSIONS, Unshowable, check_text
from domain.plain import plain

_LONGEST_NAME = 36  # characters, as the recorded server's database has
_NO_NAME = re.compile(r"[\x00-\x1f\x7f/\\]")
_MOST_LINES = 5000  # of both, beyond which difflib takes seconds
_NO_END = "\\ No newline at end of file\n"


@dataclass(frozen=True)
class VersionInfo:
    """A version: its name, the time of its commit in seconds, its author ("" if forgotten)."""

    name: str
    time: float
    who: str


class VersionService:
    """Operations on versions."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def find(self, actor: Actor, aid: str, page: Page = FIRST) -> Listing[VersionInfo]:
        """Return an app's versions with their times, oldest first; `-time` reverses that."""

        def found(cloud: Cloud) -> Listing[VersionInfo]:
            versions = _versions(cloud, app_of(cloud, actor, aid))
            return cut(versions[::-1] if page.sort == "-time" else versions, page)

        return await self._office.read(found)

    async def files(self, actor: Actor, aid: str, version: str) -> dict[str, str]:
        """Return the text of each file of a version by name, in the order committed."""
        return await self._office.read(lambda cloud: _files(cloud, actor, aid, version))

    async def file(self, actor: Actor, aid: str, version: str, name: str) -> str:
        """Return the text of one file."""
        files = await self.files(actor, aid, version)
        if name not in files:
            raise Refused(404, f"version {version} has no file of that name")
        return files[name]

    async def commit(
        self,
        actor: Actor,
        aid: str,
        files: Mapping[str, str],
        version: str | None = None,
        newest: str | None = None,
    ) -> str:
        """Commit files (name to text) and return the version, named by the time if it is not given.

        Pools that follow the latest are set to it. Refused if the app's newest version is not
        `newest`, where that is given: its author has not seen the newer one.
        """
        check_files(files, version)

        def committed(cloud: Cloud) -> str:
            app = app_of(cloud, actor, aid, Role.DEVELOPER)
            if newest is not None and cloud.store.versions.names(app.id)[-1:] != [newest]:
                raise _overtaken(_versions(cloud, app), newest)
            try:
                made = catalog.commit(cloud, app, files, version)
            except Taken as error:
                raise Refused(409, f"there is a version {version} already") from error
            note(cloud, actor, COMMIT, made, ", ".join(files), app)
            return made

        return await self._office.change(committed)

    async def diff(self, actor: Actor, aid: str, before: str, after: str) -> str:
        """Return the unified diff from one version to another, empty if they are the same."""

        def both(cloud: Cloud) -> tuple[dict[str, str], dict[str, str]]:
            return _files(cloud, actor, aid, before), _files(cloud, actor, aid, after)

        old, new = await self._office.read(both)
        return await self._office.think(lambda: _diff(old, new, before, after))


def _versions(cloud: Cloud, app: AppRow) -> list[VersionInfo]:
    """Return all versions of an app, oldest first."""
    authors = cloud.store.audit.authors(app.aid)
    versions = [
        VersionInfo(one.name, one.time, authors.get(one.name, ""))
        for one in cloud.store.versions.of_app(app.id)
    ]
    if versions and not versions[0].who:  # an app comes with its first version
        versions[0] = replace(versions[0], who=authors.get(app.aid, ""))
    return versions


def _overtaken(versions: list[VersionInfo], base: str) -> Refused:
    """Return the refusal of a commit whose author has not seen the newest version."""
    last = versions[-1]
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(last.time))
    made = f"version {last.name}, committed{f' by {last.who}' * bool(last.who)} at {when} UTC"
    if base in (one.name for one in versions):
        text = (
            f"version {base} is no longer the newest: that is {made}; merge the changes from"
            f" {base} to {last.name} (the API's diff), then commit with newest {last.name}"
        )
    else:
        text = f"the app has no version {base} to begin with; its newest is {made}"
    return Refused(409, text, newest=asdict(last))


@dataclass(frozen=True)
class _Side:
    label: str
    lines: list[str]


def _diff(old: Mapping[str, str], new: Mapping[str, str], before: str, after: str) -> str:
    parts = []
    for name in [*old, *(name for name in new if name not in old)]:
        if old.get(name) != new.get(name):
            parts += _of_file(_side(old, before, name), _side(new, after, name))
    return "".join(parts)


def _side(files: Mapping[str, str], version: str, name: str) -> _Side:
    if name not in files:
        return _Side("/dev/null", [])
    return _Side(f"{version}/{name}", files[name].splitlines(keepends=True))


def _of_file(old: _Side, new: _Side) -> list[str]:
    if len(old.lines) + len(new.lines) > _MOST_LINES:
        return [f"--- {old.label}\n+++ {new.label}\n", "@@ too long to compare here @@\n"]
    lines = difflib.unified_diff(old.lines, new.lines, old.label, new.label)
    return [line if line.endswith("\n") else f"{line}\n{_NO_END}" for line in lines]


def _files(cloud: Cloud, actor: Actor, aid: str, version: str) -> dict[str, str]:
    app = app_of(cloud, actor, aid)
    files = cloud.store.versions.files(app.id, version)
    if files is None:
        raise Refused(404, f"app {aid} has no version {version}")
    return files


def check_files(files: Mapping[str, str], version: str | None) -> None:
    """Refuse files that no Thing could have, or a bad name of their version."""
    if version is not None and not plain(version):
        raise Refused(422, f"version is no name for a version: {VERSIONS}")
    if not files:
        raise Refused(422, "files must give the text of one file at least")
    for name, text in files.items():
        # A Thing and a workstation write it into a folder, which it must not leave.
        if not name or name in (".", "..") or _NO_NAME.search(name):
            raise Refused(422, f"{name!r} is no name for a file of an app")
        if len(name) > _LONGEST_NAME:
            raise Refused(422, f"names have at most {_LONGEST_NAME} characters")
        try:
            check_text(name)
            check_text(text)
        except Unshowable as error:
            raise Refused(422, f"a file {error}") from error
