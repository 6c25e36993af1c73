"""A Thing: the ports that its board gives it, and the state that its use cases share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

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
    from ports.cloud import CloudApi
    from ports.console import Console
    from ports.crypto import Crypto
    from ports.indicator import Indicator
    from ports.link import Link
    from ports.portal import Portal
    from ports.storage import Storage
    from ports.system import System

BACKOFF_BASE_S = 60
BACKOFF_BASE_NEW_S = 10
RETRY_S = 60  # base of the wait after a failed update
MOST_DOUBLINGS = 10  # of RETRY_S, after faults
CYCLES = "cycles"  # the file that counts power-on starts that did not last


class VersionBackoff:
    """A version that could not be fetched or stored, and when (monotonic ms) to try again."""

    def __init__(self) -> None:
        self.version = ""
        self.until = 0
        self.tries = 0

    def holds(self, version: str, now: int) -> bool:
        """Tell whether it is too early to try `version` again."""
        return version == self.version and now < self.until

    def hold(self, version: str, now: int) -> None:
        """Hold back `version` after a failure, longer each time, up to 5 minutes."""
        self.tries = self.tries + 1 if self.version == version else 0
        self.version = version
        self.until = now + window(self.tries, RETRY_S) * 1000

    def faulted(self, version: str, now: int, tries: int) -> None:
        """Hold back a version that ended in a fault `tries` times in a row, for up to 17 hours."""
        if version != self.version:
            self.tries = 0
        self.version = version
        self.until = now + (RETRY_S * 1000 << min(tries, MOST_DOUBLINGS))


class Thing:
    """The ports, which never change, and the shared state, set by the use cases named below."""

    # The debug agent's reply to a `:command`: (thing, message id, source, commands). The main loop
    # sets it: where there is no agent it is unset.
    remote: Callable[[Thing, str, str, str], str]

    def __init__(
        self,
        clock: Clock,
        storage: Storage,
        links: list[Link],
        cloud: CloudApi,
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
        self.problems: list[str] = []  # with the parameters; reported to the cloud, too
        self.settings = Settings()
        self.journal = Journal()
        self.queue = Queue(storage)
        self.app: App | None = None
        self.unsaved = False  # the journal in the storage is older than this one
        self.refusal = ""  # the storage's latest, until it takes the journal again
        self.apart = False  # the app runs in a process of its own: its faults stay there
        self.starting = True  # this run of the machine has not been through boot yet
        self.quick = False  # this start may be one of three quick ones (`CYCLES`)
        # connect
        self.linked = False
        self.exposed = False  # TLS is not verified over this link: the payload is encrypted
        self.unverified = False  # nor over any link: the board's TLS cannot verify
        self.shell: Any = None  # of the debug agent, once that is loaded
        # after a sleep (domain/states/battery.py)
        self.carried: object = None  # the session, until it is resumed
        self.wakes = 0  # in a row
        self.sleepless = ""  # the reason why the machine cannot sleep, if it is asked to
        # run
        self.status = Status()
        self.replies: list[tuple[str, object]] = []  # (message id, content) not yet delivered
        self.worker_due = 0  # monotonic ms
        self.quiet_until = 0  # monotonic ms: the cloud, when asked for an update, said to wait
        self.app_after = 0  # monotonic ms: the app waits until then, as the cloud is asked first
        self.last_epoch = 0  # of the last reading, in s
        self.wanted: Settings | None = None  # for update
        self.app_told = ""  # the app version that this session was opened with
        self.taken = 0  # sessions in a row that the cloud ended early
        self.cuts = 0  # deliveries in a row that ended with the connection
        self.passing = 0  # management exchanges for which readings are still known to pass
        # update
        self.held_settings = VersionBackoff()
        self.held_app = VersionBackoff()
        self.held_os = VersionBackoff()
        # the last failure, for recover
        self.trouble: ThingError | None = None

    def tell(self, level: int, name: str, **fields: object) -> None:
        """Report an event to the console."""
        self.console.event(level, name, fields)

    def fail(self, error: ThingError, event: str) -> str:
        """Keep `error` for `recover`, report it as `event`, and return `event`."""
        self.trouble = error
        self.tell(WARNING, event, code=error.code, text=error.text)
        return event

    def save_journal(self) -> None:
        """Write the journal; if the storage fails, report that once and go on."""
        try:
            journals.save(self.storage, self.journal)
            self.unsaved, self.refusal = False, ""
        except DeviceError as error:
            self.unsaved = True
            if error.text != self.refusal:  # it is tried again with each exchange
                self.refusal = error.text
                self.tell(ERROR, "journal_not_saved", code=error.code, text=error.text)

    def backend(self) -> tuple[str, bool]:
        """Return the (host[:port], TLS?) to register with."""
        ssl = self.settings.ssl and not self.unverified  # docs/security.md, 10
        return parameters.backend(self.parameters, self.default_backend, ssl)

    def base_s(self) -> int:
        """Return the base of backoff in seconds, at most the owner's management interval.

        It is short until a first cloud has sent settings: the owner then waits beside the Thing.
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
        """Return a random number from 0 to 65535."""
        return int.from_bytes(self.crypto.random(2), "big")


def held(thing: Thing, faulted: bool = True) -> int:
    """Hold back the update that the journal records, if it has faulted; return how often it has
    failed before, beginning with -1."""
    kind, version, tries = thing.journal.tried
    # Full names, not built from `kind`: the build for boards shortens attributes, not strings.
    found = {"os": thing.held_os, "app": thing.held_app, "settings": thing.held_settings}[kind]
    if faulted:
        found.faulted(version, thing.clock.monotonic(), tries)
    return found.tries if found.version == version else -1
