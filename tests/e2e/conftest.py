"""A local cloud with an App in it, and a Thing to put before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Callable

import pytest

from app.demo import apps
from app.demo.processes import Child, Event
from app.demo.stage import Stage
from tests.e2e.proxy import Proxy
from tests.patience import PATIENCE_S

TID = "thing-under-test"

# Quick, in the clear: what a test wants otherwise it says.
SETTINGS = {
    "management_interval": "1",
    "worker_interval": "1",
    "ssl": False,
    "payload_encryption": False,
}


class World(Stage):
    """A stage with an App whose first version is deployed to whoever registers."""

    def __init__(self) -> None:
        super().__init__(lambda who, event: None)
        self.patience = PATIENCE_S
        self.aid = ""
        self.version = ""
        self.firmware = ""  # of a simulated board; else the newest

    def open(self, *options: str) -> World:
        """Start the cloud, make the App, commit its first version."""
        self.start_cloud(*options)
        self.aid = self.admin.create_app("Test")
        self.version = self.admin.commit(self.aid, apps.good("one"))
        self.set(**SETTINGS)
        return self

    def set(self, **settings: Any) -> None:
        """Change settings of the App's pool."""
        self.admin.set_pool(self.aid, "development", settings)

    def start(self, *options: str, backend: str = "") -> Child:
        """Start the Thing."""
        if self.firmware:
            options = ("--firmware", self.firmware, *options)
        return self.start_thing("--tid", TID, "--aid", self.aid, *options, backend=backend)

    def running(self, *options: str, backend: str = "") -> World:
        """Start the Thing, and wait until its app is confirmed and has delivered."""
        self.start(*options, backend=backend)
        self.confirmed(self.version)
        self.readings(1)
        return self

    def confirmed(self, version: str, since: int = 0) -> Event:
        """Until the Thing has confirmed that app version."""
        return self.thing_tells("confirmed", since, event="confirmed", app=version)

    def commit(self, files: dict[str, str]) -> str:
        """A new version of the App, which the pool follows."""
        self.version = self.admin.commit(self.aid, files)
        return self.version

    def readings(self, count: int, name: str = "") -> list[dict[str, Any]]:
        """The readings in the cloud, once there are `count` (of the app `name`)."""

        def look(admin: Any) -> Any:
            rows = admin.readings(TID, 1000) if _known(admin) else []
            found = [row for row in rows if not name or row["msg"].get("app") == name]
            return found if len(found) >= count else None

        return self.cloud_shows("%d readings" % count, look)

    def more_readings(self, count: int) -> list[dict[str, Any]]:
        """So many readings more than there are now."""
        return self.readings(len(self.admin.readings(TID, 1000)) + count)

    def waiting(self, count: int, since: int = 0) -> None:
        """Until the Thing has told that so many readings wait."""
        what = "%d readings that wait" % count
        self.thing.wait_for(what, lambda e: e.get("waiting", 0) >= count, self.patience, since)

    def status(self, part: str, *mentions: str) -> str:
        """The status of `part` in the cloud, once it mentions all that."""

        def look(admin: Any) -> str:
            status = str(admin.thing(TID)[part]) if _known(admin) else ""
            return status if all(mention in status for mention in mentions) else ""

        return self.cloud_shows("%s mentions %s" % (part, mentions), look)

    def reply(self, mid: str) -> Any:
        """The reply to a message."""

        def look(admin: Any) -> Any:
            rows = [row for row in admin.messages(TID) if row["mid"] == mid]
            return rows if rows[0]["status"] == "received" else None

        return self.cloud_shows("a reply", look)[0]["reply"]

    def since(self) -> int:
        """Where the Thing's events stand, for `thing_tells`."""
        return len(self.thing.events)

    def order(self, line: str) -> int:
        """Tell the simulation to do something to the board; gives where its events stood."""
        since = self.since()
        with open(self.root / "control", "w") as control:
            control.write(line + "\n")
        self.thing_tells(line, since, event="control", text=line)
        return since


def no_reading_missing(rows: list[dict[str, Any]]) -> None:
    """Each run of an app counts its readings from 1: no gap, none twice, in order."""
    runs: dict[str, list[int]] = {}
    for row in rows:
        runs.setdefault(row["msg"]["run"], []).append(row["msg"]["count"])
    for counts in runs.values():
        assert counts == list(range(1, len(counts) + 1))


def _known(admin: Any) -> bool:
    return any(thing["tid"] == TID for thing in admin.things())


@pytest.fixture
def stage() -> Iterator[World]:
    """An empty stage."""
    world = World()
    with world:
        yield world


@pytest.fixture
def world(stage: World) -> World:
    """A cloud with an App."""
    return stage.open()


@pytest.fixture
def proxied(world: World) -> Iterator[tuple[World, Proxy, Callable[[], World]]]:
    """A cloud behind a proxy: (world, proxy, start the Thing and wait until it runs)."""
    with Proxy(world.port) as proxy:
        backend = "http://127.0.0.1:%d" % proxy.port
        yield world, proxy, lambda: world.running(backend=backend)
