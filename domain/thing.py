"""A Thing: the ports that its board gives it, and what its use cases share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.errors import DeviceError, ThingError
from domain.health import journal as journals
from domain.health.backoff import window
from domain.health.journal import Journal
from domain.health.status import Status
from domain.levels import ERROR, WARNING
from domain.readings.queue import Queue
from domain.settings import parameters
from domain.settings.parameters import Parameters
from domain.settings.settings import Settings

if TYPE_CHECKING:
    from domain.app.app import App
    from ports.apphost import AppHost
    from ports.clock import Clock
    from ports.cloud import Cloud
    from ports.console import Console
    from ports.crypto import Crypto
    from ports.indicator import Indicator
    from ports.link import Link
    from ports.portal import Portal
    from ports.storage import Storage
    from ports.system import System

BACKOFF_BASE_S = 60
BACKOFF_BASE_NEW_S = 10
RETRY_S = 60  # of an update
MOST_DOUBLINGS = 10  # of that, after faults
CYCLES = "cycles"  # the file that counts starts by power which did not last


class VersionBackoff:
    """A version that could not be fetched or stored, and when (monotonic ms) to try again."""

    def __init__(self) -> None:
        self.version = ""
        self.until = 0
        self.tries = 0

    def holds(self, version: str, now: int) -> bool:
        """Whether it is too early to try `version` again."""
        return version == self.version and now < self.until

    def hold(self, version: str, now: int) -> None:
        """`version` has failed: try it again later, and later each time."""
        self.tries = self.tries + 1 if self.version == version else 0
        self.version = version
        self.until = now + window(self.tries, RETRY_S) * 1000

    def faulted(self, version: str, now: int, tries: int) -> None:
        """Hold back a version that ended in a fault `tries` times in a row, for up to 17 hours."""
        self.version = version
        self.until = now + (RETRY_S * 1000 << min(tries, MOST_DOUBLINGS))


class Thing:
    """Ports are given once and never change; the rest is set by the use cases named."""

    shell: Any  # domain.debug.shell.Shell, once somebody has asked for it

    def __init__(
        self,
        clock: Clock,
        storage: Storage,
        links: list[Link],
        cloud: Cloud,
        crypto: Crypto,
        system: System,
        apps: AppHost,
        portal: Portal,
        indicator: Indicator,
        console: Console,
        version: str,
        default_backend: str,
        given: dict[str, Any],
    ) -> None:
        self.clock = clock
        self.storage = storage
        self.links = links
        self.cloud = cloud
        self.crypto = crypto
        self.system = system
        self.apps = apps
        self.portal = portal
        self.indicator = indicator
        self.console = console
        self.version = version  # of this OS
        self.default_backend = default_backend
        self.given = given  # parameters from the command line
        # boot
        self.parameters = Parameters()
        self.problems: list[str] = []  # with the parameters; the cloud is told of them, too
        self.settings = Settings()
        self.journal = Journal()
        self.queue = Queue(storage)
        self.app: App | None = None
        self.unsaved = False  # the journal in the storage is not this one
        self.apart = False  # the app runs in a process of its own: its faults stay there
        self.starting = True  # this run of the machine has not been through boot yet
        self.quick = False  # it may turn out to be one of three quick starts (`CYCLES`)
        # connect
        self.linked = False
        self.exposed = False  # nobody verifies TLS over this link: the payload is encrypted
        self.unverified = False  # nor over any, as the board's own TLS cannot
        # run
        self.status = Status()
        self.replies: list[tuple[str, Any]] = []  # (message id, content) not yet delivered
        self.worker_due = 0  # monotonic ms
        self.app_after = 0  # monotonic ms: until then the cloud is asked first
        self.last_epoch = 0  # of a reading
        self.wanted: Settings | None = None  # for update
        self.app_told = ""  # the app version that this session was opened with
        self.taken = 0  # sessions in a row that the cloud ended early
        # update
        self.held_settings = VersionBackoff()
        self.held_app = VersionBackoff()
        self.held_os = VersionBackoff()
        # whoever fails, for recover
        self.trouble: ThingError | None = None

    def tell(self, level: int, name: str, **fields: Any) -> None:
        """Tell an event to whoever watches."""
        self.console.event(level, name, fields)

    def fail(self, error: ThingError, event: str) -> str:
        """Note why, for `recover` and whoever watches; gives `event` back."""
        self.trouble = error
        self.tell(WARNING, event, code=error.code, text=error.text)
        return event

    def save_journal(self) -> None:
        """Write the journal; a storage that takes no more is told, and survived."""
        try:
            journals.save(self.storage, self.journal)
            self.unsaved = False
        except DeviceError as error:
            self.unsaved = True
            self.tell(ERROR, "journal_not_saved", code=error.code, text=error.text)

    def backend(self) -> tuple[str, bool]:
        """The (host[:port], TLS?) to register with."""
        ssl = self.settings.ssl and not self.unverified  # docs/security.md, 10
        return parameters.backend(self.parameters, self.default_backend, ssl)

    def base_s(self) -> int:
        """Where backoff starts: no slower than the owner wants to hear of the Thing.

        Who waits for a Thing that no cloud has seen yet stands beside it.
        """
        new = not self.journal.settings.place
        return BACKOFF_BASE_NEW_S if new else min(self.settings.management_interval, BACKOFF_BASE_S)

    def load_parameters(self) -> None:
        """Read the parameters from their files and the given options."""
        self.parameters, problems = parameters.load(self.storage, self.given)
        if not self.parameters.tid:
            self.parameters = parameters.with_tid(self.parameters, self.system.identity())
        for problem in problems:
            if problem not in self.problems:
                self.tell(WARNING, "parameter", text=problem)
        self.problems = problems

    def chance(self) -> int:
        """A random number from 0 to 65535."""
        return int.from_bytes(self.crypto.random(2), "big")


def held(thing: Thing, now: int) -> None:
    """Hold back the update that the journal says has faulted."""
    kind, version, tries = thing.journal.tried
    # By their names in full: the build for boards shortens attributes, and not texts.
    found = {"os": thing.held_os, "app": thing.held_app, "settings": thing.held_settings}[kind]
    found.faulted(version, now, tries)
