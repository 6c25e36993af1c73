"""What a device does with OS releases: good ones, and such as must not get far."""

from __future__ import annotations

from typing import Any, Callable

import app
from app.cloud.client import AdminClient
from app.demo.processes import NotSeen
from app.demo.releases import CRASHES, HANGS, Releases, tamper
from app.demo.stage import Stage

TRIAL_S = "4"  # on Linux: what an OS on trial has to say that it lives; two minutes otherwise
_BITE_MS = 500  # on a board, likewise, once its watchdog runs
_RING_MS = 1500  # and where it is a timer, from the start
_TRIES = 40


class Updates:
    """The steps; `thing` gives what the cloud knows of the Thing, `want` sets a setting there."""

    def __init__(
        self,
        stage: Stage,
        thing: Callable[[AdminClient], dict[str, Any]],
        want: Callable[[dict[str, Any]], None],
    ) -> None:
        self.stage = stage
        self.releases = Releases(stage.folder / "releases")
        self._thing = thing
        self._want = want

    def good(self) -> str:
        """Installed, started, confirmed. There is a patch from what boards have; a Linux Thing's
        files are not where it could make others of them yet."""
        self.releases.make(self.stage.os, app.__version__)
        self.releases.change(self.stage.os, "3.0.0")
        since = len(self.stage.thing.events)
        self._want({"pythings_version": "3.0.0"})
        self.stage.thing_tells("its start", since, event="boot", os="3.0.0")
        self.stage.thing_tells("the proof", since, event="confirmed")
        self.stage.cloud_shows(
            "version 3.0.0", lambda admin: self._thing(admin)["pythings_version"] == "3.0.0"
        )
        events = self.stage.thing.events[since:]
        fetched = [event["file"] for event in events if event["event"] == "fetched"]
        what = fetched[0] if len(fetched) == 1 else "%d files" % len(fetched)
        return "runs 3.0.0, confirmed; fetched: %s" % what

    def tampered(self) -> str:
        """Somebody has changed a file on its way."""
        tamper(self.releases.make(self.stage.os, "3.1.0", "x = 1\n"))
        self._want({"pythings_version": "3.1.0"})
        return self._told("os 3.1.0 not installed", "security T9")

    def crashes(self) -> str:
        """The first thing that it does is to raise."""
        since = self._release("3.2.0", CRASHES)
        return self._back("3.2.0", since)

    def hangs(self) -> str:
        """The first thing that it does is nothing, for ever."""
        timed = self.stage.timed
        if timed:
            self.stage.control("timers %d" % _RING_MS)
        since = self._release("3.3.0", HANGS)
        self.stage.thing_tells("the commit", since, event="committed", kind="os")
        if not self.stage.hosted and not timed:
            self._until_bitten(since)
        told = self._back("3.3.0", since)
        if timed:
            self.stage.control("timers 0")
        return told

    def _release(self, version: str, begins: str) -> int:
        self.releases.make(self.stage.os, version, begins)
        since = len(self.stage.thing.events)
        self._want({"pythings_version": version})
        return since

    def _back(self, version: str, since: int) -> str:
        self.stage.thing_tells("the commit", since, event="committed", kind="os")
        told = self._told("os %s taken back" % version)
        self.stage.thing_tells("the OS before", since, event="boot", os="3.0.0")
        return told

    def _told(self, *mentions: str) -> str:
        def look(admin: AdminClient) -> str:
            status = str(self._thing(admin)["pythings"])
            return status if all(mention in status for mention in mentions) else ""

        return "the cloud was told: " + self.stage.cloud_shows("a report", look)[:120]

    def _until_bitten(self, since: int) -> None:
        """The loader has started the watchdog; nobody here waits two minutes for it."""
        for _ in range(_TRIES):
            self.stage.control("watchdog %d" % _BITE_MS)
            try:
                self.stage.thing.wait_for(
                    "a bite", lambda event: event.get("cause") == "watchdog", 1, since
                )
            except NotSeen:
                continue
            return
        raise NotSeen("no watchdog has bitten")
