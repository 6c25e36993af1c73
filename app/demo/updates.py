"""Steps with OS releases: a good one, and some to be refused or rolled back."""

from __future__ import annotations

from typing import Any, Callable

import app
from app.cloud.client import AdminClient
from app.demo.processes import NotSeen
from app.demo.releases import CRASHES, HANGS, Releases, tamper
from app.demo.stage import Stage

TRIAL_S = "4"  # on Linux: for an OS on trial to give a sign of life; else two minutes
_BITE_MS = 500  # the same on a board, once its watchdog runs
_RING_MS = 1500  # the same for a timer as the watchdog, from the start
_TRIES = 40


class UpdateSteps:
    """The steps; `thing` returns the cloud's record of the Thing, `want` sets a setting there."""

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
        """Install, start and confirm a release.

        Boards fetch a patch to their OS; a Linux Thing fetches files, as its own are not yet in a
        place where they can be patched.
        """
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
        """Offer a release with a file changed on its way, which must be refused."""
        tamper(self.releases.make(self.stage.os, "3.1.0", "x = 1\n"))
        self._want({"pythings_version": "3.1.0"})
        return self._told("os 3.1.0 not installed", "security T9")

    def crashes(self) -> str:
        """Offer a release that raises at once, which must be rolled back."""
        since = self._release("3.2.0", CRASHES)
        return self._back("3.2.0", since)

    def hangs(self) -> str:
        """Offer a release that hangs at once, which must be rolled back."""
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
        """Shorten the watchdog that the loader started, until it resets the board.

        Its two minutes are too long for a demo.
        """
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
