"""A local cloud with an App in it, and a Thing that talks to it."""

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

# Quick, in the clear; a test that needs other settings sets them.
SETTINGS = {
    "management_interval": "1",
    "worker_interval": "1",
    "ssl": False,
    "payload_encryption": False,
}


class World(Stage):
    """A stage with an App; its first version is deployed to each Thing that registers."""

    def __init__(self) -> None:
        super().__init__(lambda who, event: None)
        self.patience = PATIENCE_S
        self.aid = ""
        self.version = ""
        self.firmware = ""  # of a simulated board; "" is the newest

    def open(self, *options: str) -> World:
        """Start the cloud, create the App, commit its first version."""
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
        """Wait until the Thing has confirmed that app version."""
        return self.thing_tells("confirmed", since, event="confirmed", app=version)

    def commit(self, files: dict[str, str]) -> str:
        """Commit a new version of the App; the pool follows it."""
        self.version = self.admin.commit(self.aid, files)
        return self.version

    def readings(self, count: int, name: str = "") -> list[dict[str, Any]]:
        """Return the readings in the cloud, once there are `count` (of the app `name`)."""

        def look(admin: Any) -> Any:
            rows = admin.readings(TID, 1000) if _known(admin) else []
            found = [row for row in rows if not name or row["msg"].get("app") == name]
            return found if len(found) >= count else None

        return self.cloud_shows("%d readings" % count, look)

    def more_readings(self, count: int) -> list[dict[str, Any]]:
        """Return the readings in the cloud, once there are `count` more than now."""
        return self.readings(len(self.admin.readings(TID, 1000)) + count)

    def waiting(self, count: int, since: int = 0) -> None:
        """Wait until the Thing has told that at least `count` readings wait."""
        what = "%d readings that wait" % count
        self.thing.wait_for(what, lambda e: e.get("waiting", 0) >= count, self.patience, since)

    def status(self, part: str, *mentions: str) -> str:
        """Return the status of `part` in the cloud, once it contains all of `mentions`."""

        def look(admin: Any) -> str:
            status = str(admin.thing(TID)[part]) if _known(admin) else ""
            return status if all(mention in status for mention in mentions) else ""

        return self.cloud_shows("%s mentions %s" % (part, mentions), look)

    def reply(self, mid: str) -> Any:
        """Return the rows of a message, once the Thing has replied."""

        def look(admin: Any) -> Any:
            rows = [row for row in admin.messages(TID) if row["mid"] == mid]
            return rows if rows[0]["status"] == "received" else None

        return self.cloud_shows("a reply", look)[0]["reply"]

    def since(self) -> int:
        """Return the number of events so far, as `since` for `thing_tells`."""
        return len(self.thing.events)

    def order(self, line: str) -> int:
        """Order the simulation to do something to the board; return `since` of before."""
        since = self.since()
        with open(self.root / "control", "w") as control:
            control.write(line + "\n")
        self.thing_tells(line, since, event="control", text=line)
        return since


def no_reading_missing(rows: list[dict[str, Any]]) -> None:
    """Assert that each run of an app counts from 1: no gap, none twice, in order."""
    runs: dict[str, list[int]] = {}
    for row in rows:
        runs.setdefault(row["msg"]["run"], []).append(row["msg"]["count"])
    for counts in runs.values():
        assert counts == list(range(1, len(counts) + 1))


def _known(admin: Any) -> bool:
    return any(thing["tid"] == TID for thing in admin.things())


@pytest.fixture
def stage() -> Iterator[World]:
    """Yield a stage with no process on it."""
    world = World()
    with world:
        yield world


@pytest.fixture
def world(stage: World) -> World:
    """Return a world with a cloud and an App."""
    return stage.open()


@pytest.fixture
def proxied(world: World) -> Iterator[tuple[World, Proxy, Callable[[], World]]]:
    """Yield (world, proxy, start the Thing and wait until it runs): a cloud behind a proxy."""
    with Proxy(world.port) as proxy:
        backend = "http://127.0.0.1:%d" % proxy.port
        yield world, proxy, lambda: world.running(backend=backend)
