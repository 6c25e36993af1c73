"""OS releases: the content of the folder from which the cloud serves them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.cloud.manage.service.office import Actor, Office
from domain.plain import plain

_MOST = 1000
_LIST = "files.txt"


@dataclass(frozen=True)
class ReleaseInfo:
    """A release for one platform: the number of its files, their bytes; its time in seconds."""

    version: str
    platform: str
    files: int
    bytes: int
    time: float


class ReleaseService:
    """Queries on OS releases."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def find(self, _actor: Actor) -> list[ReleaseInfo]:
        """Return the releases, newest first; they are the same for all apps."""
        dist = self._office.cloud.dist
        if dist is None:
            return []
        found = await self._office.think(lambda: list(_releases(dist / "PythingsOS")))
        return sorted(found, key=lambda release: release.time, reverse=True)


def _releases(root: Path) -> Iterator[ReleaseInfo]:
    try:
        lists = sorted(root.glob(f"*/*/{_LIST}"))[:_MOST]
    except OSError:
        return
    for path in lists:
        version, platform = path.parent.parent.name, path.parent.name
        if plain(version) and plain(platform):
            try:
                sizes = _sizes(path.read_text(encoding="utf-8"))
                yield ReleaseInfo(version, platform, len(sizes), sum(sizes), path.stat().st_mtime)
            except (OSError, ValueError):
                continue  # it is being written or removed


def _sizes(text: str) -> list[int]:
    parts = (line.split(":") for line in text.splitlines())
    return [int(part[1]) for part in parts if len(part) == 3 and part[0] == "file"]
