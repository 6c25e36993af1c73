"""The demo's stage: a folder, and a local cloud and a Thing as processes of their own."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, TypeVar

from app.cloud.client import AdminClient
from app.cloud.errors import CloudFailure
from app.demo.possible import HOSTED
from app.demo.processes import PATIENCE_S, Child, Event, NotSeen
from app.simulator.system import release

Seen = TypeVar("Seen")

_LINUX_MODEM = "linux_sim800"
_MODEM_SPEED = "20"  # times as fast as a real one


class Stage:
    """The stage; used in a `with`, which ends all processes and removes the folder.

    `on_event(name, event)` receives every event of the processes "cloud", "thing" and "modem".
    `board`: `linux`, `linux_sim800` for one with only a modem's network, or one to simulate.
    """

    def __init__(self, on_event: Callable[[str, Event], None], board: str = "linux") -> None:
        self.board = board
        self.folder = Path(tempfile.mkdtemp(prefix="pythings-demo-"))
        self._on_event = on_event
        self.root = self.folder / "thing"
        self.patience = PATIENCE_S
        self.environment: dict[str, str] = {}  # added to ours, for later children
        self.port = 0
        self._children: list[Child] = []
        self._clients: list[AdminClient] = []
        self._ended = False
        self.admin: AdminClient
        self.cloud: Child
        self.thing: Child
        self.modem: Child | None = None  # if it is a process of its own
        self.key = ""

    @property
    def hosted(self) -> bool:
        """Whether the Thing is a process of this machine's Python."""
        return self.board in HOSTED

    @property
    def os(self) -> str:
        """The board that its OS releases are made for."""
        return "linux" if self.hosted else self.board

    @property
    def timed(self) -> bool:
        """Whether a timer is the watchdog of an OS on trial."""
        return self.board.startswith("esp8266")

    def control(self, line: str) -> None:
        """Send a command to a simulated board."""
        with open(self.root / "control", "w") as control:
            control.write(line + "\n")

    def __enter__(self) -> Stage:
        return self

    def end(self) -> None:
        """End all processes, for good."""
        self._ended = True
        for child in reversed(self._children):
            child.stop()

    def __exit__(self, *_: object) -> None:
        self.end()
        for client in self._clients:
            client.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start_cloud(self, *options: str) -> Event:
        """Start the local cloud, each time at the same address, and return its ready event."""
        data = str(self.folder / "cloud")
        arguments = ("serve", "--data", data, "--port", str(self.port), *options)
        self.cloud = self._start("cloud", *arguments)
        ready = self.cloud.wait_for("the cloud", lambda e: e["event"] == "ready", self.patience)
        self.admin = AdminClient.from_data(data)
        self._clients.append(self.admin)
        self.port = int(str(ready["url"]).rsplit(":", 1)[1])
        self.key = str(ready["key"])
        return ready

    def start_thing(self, *options: str, backend: str = "") -> Child:
        """Start a Thing that knows only `options`, and the cloud's address and key."""
        command = ["run"]
        if not self.hosted:
            command = ["sim", self.board]
            release(self.board, True)  # otherwise the Thing would generate it, which may take long
        if self.board == _LINUX_MODEM:
            command += ["--modem", self._modem_port(), "--apn", "internet", "--modem-only"]
        elif self.board.endswith("_sim800"):
            command += ["--modem-speed", _MODEM_SPEED]
        self.thing = self._start(
            *command,
            *("--root", str(self.root), "--loglevel", "debug", "--cloud-key", self.key),
            *("--backend", backend or "http://127.0.0.1:%d" % self.port),
            *options,
        )
        return self.thing

    def _modem_port(self) -> str:
        """Return the port of a simulated modem; start one if there is none yet."""
        if self.modem is None:
            where = str(self.folder / "modem")
            self.modem = self._start("modem", "--pty", where, "--speed", _MODEM_SPEED)
        told = self.modem.wait_for("a modem", lambda e: e["event"] == "listening", self.patience)
        return str(told["port"])

    def on_air(self) -> Event:
        """Return the event with the modem's latest counts."""
        counted = [event for event in (self.modem or self.thing).events if "cycles" in event]
        if not counted:
            raise NotSeen("the modem has counted nothing")
        return counted[-1]

    def thing_tells(self, what: str, since: int = 0, **fields: Any) -> Event:
        """Wait for the Thing's first event from number `since` on with these fields."""
        return self.thing.wait_for(
            what,
            lambda event: all(event.get(name) == value for name, value in fields.items()),
            self.patience,
            since,
        )

    def cloud_shows(self, what: str, look: Callable[[AdminClient], Seen | None]) -> Seen:
        """Wait until `look` finds a result in the cloud, and return it."""
        deadline = time.monotonic() + self.patience
        after = 0
        while True:
            try:
                found = look(self.admin)
                if found:
                    return found
                for event in self.admin.events(after, wait=1):
                    after = event["id"]
            except CloudFailure as error:
                raise NotSeen("%s: %s" % (what, error)) from error
            if time.monotonic() > deadline:
                raise NotSeen("%s: not in the cloud; %s" % (what, self.thing.last_words()))

    def _start(self, *arguments: str) -> Child:
        who = arguments[0] if arguments[0] in ("cloud", "modem") else "thing"
        child = Child(list(arguments), lambda event: self._on_event(who, event), self.environment)
        self._children.append(child)
        if self._ended:  # meanwhile, by another thread
            child.stop()
            raise NotSeen("the end came before %s" % who)
        return child
