"""The life of a device in steps, each seen in the cloud or reported by the Thing."""

from __future__ import annotations

from typing import Any, Callable

from app.cloud.client import AdminClient
from app.demo import apps
from app.demo.processes import NotSeen
from app.demo.stage import Stage
from app.demo.updates import TRIAL_S, UpdateSteps

TID = "demo-thing"

Row = dict[str, Any]


class DemoSteps:
    """The steps on a `Stage`; each returns a line that reports its result, or raises `NotSeen`."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.aid = ""
        self.version = ""
        self.updates = UpdateSteps(stage, lambda admin: admin.thing(TID), self._want)
        stage.environment["PYTHINGS_TRIAL_S"] = TRIAL_S

    def steps(self) -> list[tuple[str, Callable[[], str]]]:
        """Return the steps in order, each (title, step)."""
        cellular = self.stage.board.endswith("_sim800")
        return [
            ("a local cloud starts", self.cloud_starts),
            ("an empty Thing boots", self.boots),
            ("it connects", self.connects),
            ("it registers", self.registers),
            ("its first app is deployed", self.first_app),
            ("readings arrive", self.readings_arrive),
            ("a message is answered", self.message),
            ("a remote command is executed", self.command),
            ("settings change", self.settings),
            ("a new app version", self.new_version),
            ("a broken app version is survived", self.broken_version),
            ("the cloud is killed", self.cloud_dies),
            ("the cloud comes back", self.cloud_returns),
            ("no reading is lost", self.nothing_lost),
            *self._os_updates(self.updates),
            ("payload encryption", self.encryption),
            *([("what went over the air", self.air)] if cellular else []),
            ("it stops when told", self.stops),
        ]

    @staticmethod
    def _os_updates(updates: UpdateSteps) -> list[tuple[str, Callable[[], str]]]:
        return [
            ("a new OS over the air", updates.good),
            ("a tampered OS is refused", updates.tampered),
            ("an OS that crashes is taken back", updates.crashes),
            ("an OS that hangs is taken back", updates.hangs),
        ]

    def _want(self, settings: dict[str, Any]) -> None:
        self.stage.admin.set_pool(self.aid, "development", settings)

    def cloud_starts(self) -> str:
        """Start the cloud; create an App, its first version, and settings with short intervals."""
        ready = self.stage.start_cloud("--dist", str(self.updates.releases.dist))
        admin = self.stage.admin
        self.aid = admin.create_app("Demo")
        self.version = admin.commit(self.aid, apps.good("one"))
        wanted = {"management_interval": "1", "worker_interval": "1", "ssl": False}
        admin.set_pool(self.aid, "development", {**wanted, "payload_encryption": False})
        return "at %s" % ready["url"]

    def boots(self) -> str:
        """Start a Thing as a process, with an empty folder."""
        thing = self.stage.start_thing(
            *("--tid", TID, "--aid", self.aid, "--trust", str(self.updates.releases.trust))
        )
        event = self.stage.thing_tells("boot", event="boot")
        return "process %d, cause %s, app %s" % (thing.pid, event["cause"], event["app"])

    def connects(self) -> str:
        """Wait for the link and the state that the Thing reports."""
        link = self.stage.thing_tells("a link", event="link", up=True)
        self.stage.thing_tells("connected", event="state", new="register")
        return "%s link, address %s" % (link["kind"], link.get("address"))

    def registers(self) -> str:
        """Wait for the Thing in the cloud, which did not know it before."""
        thing = self.stage.cloud_shows("the Thing", lambda admin: _find(admin.things(), tid=TID))
        return "the cloud shows %s in pool %s" % (thing["tid"], thing["pool"])

    def first_app(self) -> str:
        """Wait for the first app, deployed without a restart of the process."""
        self.stage.thing_tells("the app", event="committed", kind="app", version=self.version)
        self._runs_version(self.version)
        return "version %s, confirmed" % self.version

    def readings_arrive(self) -> str:
        """Wait for two readings of the first app."""
        found = self._readings_of("one", 2)
        return "%s at %s" % (found[-1]["msg"], found[-1]["ts"])

    def message(self) -> str:
        """Send a message, which can be any JSON value: here, text that is not ASCII."""
        mid = self.stage.admin.send_message(TID, "Grüße")
        reply = self._reply(mid)
        if "Grüße" not in str(reply):
            raise NotSeen("the reply was %r" % (reply,))
        return "reply %r" % (reply,)

    def command(self) -> str:
        """Send Python source as a command; its output is the reply.

        It is signed: without verification of TLS, unsigned commands are refused.
        """
        source = self.updates.releases.command(TID, "print(6 * 7)")
        reply = str(self._reply(self.stage.admin.send_command(TID, source))).strip()
        if reply != "42":
            raise NotSeen("the reply was %r" % reply)
        return "print(6 * 7) gave %s" % reply

    def settings(self) -> str:
        """Change an interval, which takes effect without a new session."""
        since = len(self.stage.thing.events)
        self.stage.admin.set_pool(self.aid, "development", {"worker_interval": "2"})
        self.stage.thing_tells("settings", since, event="committed", kind="settings")
        self.stage.thing_tells("settings applied", since, event="state", new="run")
        self.stage.thing_tells("settings confirmed", since, event="confirmed")
        self.stage.admin.set_pool(self.aid, "development", {"worker_interval": "1"})
        return "worker interval 2 s, in force and confirmed"

    def new_version(self) -> str:
        """Commit a version, which the development pool follows."""
        self.version = self.stage.admin.commit(self.aid, apps.good("two"))
        self._runs_version(self.version)
        found = self._readings_of("two", 1)
        return "version %s: %s" % (self.version, found[-1]["msg"])

    def broken_version(self) -> str:
        """Commit an app that does not compile: the previous one continues, the owner is told."""
        version = self.stage.admin.commit(self.aid, apps.broken())
        self.stage.thing_tells("the broken app", event="committed", kind="app", version=version)
        status = self.stage.cloud_shows(
            "a report", lambda admin: _ko(admin.thing(TID)["pythings"], version)
        )
        before = len(self._readings_of("two", 1))
        self._readings_of("two", before + 2)
        return "still %s; the cloud was told: %s" % (self.version, status[:90])

    def cloud_dies(self) -> str:
        """Kill the cloud, as a power cut would; the app continues to run."""
        since = len(self.stage.thing.events)
        self.stage.cloud.kill()
        self.stage.thing_tells("recover", since, event="state", new="recover")
        waiting = self.stage.thing.wait_for(
            "readings kept",
            lambda event: event["event"] == "reading" and event["waiting"] >= 3,
            self.stage.patience,
            since,
        )
        return "in recover, %d readings kept" % waiting["waiting"]

    def cloud_returns(self) -> str:
        """Start the cloud again, which the Thing finds by itself."""
        since = len(self.stage.thing.events)
        self.stage.start_cloud("--dist", str(self.updates.releases.dist))
        remedy = self.stage.thing_tells("back in run", since, event="state", new="run")
        self.stage.thing_tells("the queue is empty", since, event="delivered", waiting=0)
        return "back in run by %s" % remedy["by"]

    def nothing_lost(self) -> str:
        """Check that each run of an app has counted its readings without a gap."""
        count = len(self._readings_of("two", 1))
        readings = self._readings_of("two", count + 1)
        runs: dict[str, list[int]] = {}
        for reading in readings:
            runs.setdefault(reading["msg"]["run"], []).append(reading["msg"]["count"])
        for run, counts in runs.items():
            if counts != list(range(1, len(counts) + 1)):
                raise NotSeen("readings of run %s: %s" % (run, counts))
        return "%d readings, none missing, none twice" % len(readings)

    def encryption(self) -> str:
        """Turn on encryption, which needs a new session with its own key."""
        since = len(self.stage.thing.events)
        self.stage.admin.set_pool(self.aid, "development", {"payload_encryption": True})
        sessions = [event for event in self.stage.thing.events if event["event"] == "session"]
        if not sessions[-1]["encrypted"]:  # a board that verifies no certificate encrypts always
            self.stage.thing_tells("an encrypted session", since, event="session", encrypted=True)
        count = len(self._readings_of("two", 1))
        self._readings_of("two", count + 1)
        self.stage.cloud_shows("encryption", lambda admin: admin.thing(TID)["encrypted"])
        return "the session is encrypted, and readings arrive"

    def air(self) -> str:
        """Report the modem's count of bytes."""
        counted = self.stage.on_air()
        text = "%(total)d bytes in %(requests)d requests, %(cycles)d of them management" % counted
        return text + ": %d bytes a cycle" % (counted["total"] // counted["cycles"])

    def stops(self) -> str:
        """Send SIGTERM, on which the Thing ends in good order."""
        status = self.stage.thing.stop()
        if status != 0:
            raise NotSeen("exit status %d; %s" % (status, self.stage.thing.last_words()))
        return "exit status 0"

    def _runs_version(self, version: str) -> None:
        self.stage.cloud_shows(
            "app version %s" % version,
            lambda admin: admin.thing(TID)["app_version"] == version,
        )
        self.stage.thing_tells("confirmed", event="confirmed", app=version)

    def _readings_of(self, name: str, count: int) -> list[Row]:
        """Wait for at least `count` readings of an app, and return all of them."""

        def look(admin: AdminClient) -> list[Row] | None:
            found = [row for row in admin.readings(TID, 1000) if row["msg"].get("app") == name]
            return found if len(found) >= count else None

        return self.stage.cloud_shows("%d readings of app %s" % (count, name), look)

    def _reply(self, mid: str) -> Any:
        row = self.stage.cloud_shows(
            "a reply", lambda admin: _find(admin.messages(TID), mid=mid, status="received")
        )
        return row["reply"]


def _find(rows: list[Row], **fields: Any) -> Row | None:
    for row in rows:
        if all(row.get(name) == value for name, value in fields.items()):
            return row
    return None


def _ko(status: str, mentions: str) -> str:
    return status if status.startswith("KO") and mentions in status else ""
