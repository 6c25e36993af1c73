"""Connections and bytes of exchanges, counted between a Thing and a local cloud."""

from __future__ import annotations

from collections.abc import Iterator

from app import __version__
from app.demo import apps
from app.demo.processes import PATIENCE_S
from app.demo.releases import Releases
from app.demo.stage import Stage
from tests.bench.figure import Figure
from tests.e2e.proxy import Proxy

_WORKER = "/api/v1/apps/worker/"
_TID = "bench"
_SLACK = 4  # bytes: numbers in a request grow


class Counted(Stage):
    """A stage with an App, and a Thing that reaches the cloud through a counting proxy.

    An exchange counts as a connection, as the existing cloud closes it after one answer.
    """

    def __init__(self, board: str = "linux") -> None:
        super().__init__(lambda who, event: None, board)
        self.aid = ""
        self.cycle = 0.0  # bytes of a quiet management cycle, once measured
        self.releases = Releases(self.folder / "releases")

    def __enter__(self) -> Counted:
        return self

    def begin(self, **settings: object) -> None:
        """Start all, wait until the first app is confirmed."""
        self.start_cloud("--dist", str(self.releases.dist))
        self.aid = self.admin.create_app("Bench")
        version = self.admin.commit(self.aid, apps.good("one"))
        self.set(management_interval="2", worker_interval="600", ssl=False)
        self.set(**{"payload_encryption": False, **settings})
        self.proxy = Proxy(self.port).__enter__()
        backend = "http://127.0.0.1:%d" % self.proxy.port
        trust = ("--trust", str(self.releases.trust))
        self.start_thing("--tid", _TID, "--aid", self.aid, *trust, backend=backend)
        self.confirmed(version)

    def set(self, **settings: object) -> None:
        """Change settings of the App's pool."""
        self.admin.set_pool(self.aid, "development", settings)

    def confirmed(self, version: str) -> None:
        """Wait until that version of the app is confirmed."""
        self.thing_tells("app %s" % version, event="confirmed", app=version)

    def measure_cycle(self) -> float:
        """Return the bytes of a management cycle in which nothing happens."""
        self.proxy.wait_for_quiet("/apps/management", PATIENCE_S)
        self.proxy.reset()
        self.proxy.wait_for_paths(3, PATIENCE_S)
        self.cycle = sum(self.proxy.sizes[:3]) / 3
        return self.cycle

    def cost(self) -> tuple[int, float]:
        """Return connections and bytes since the last reset, once three quiet cycles in a row have
        passed: from the management call that brings the order to the last one that is not quiet.
        Readings are not counted."""
        while True:
            pairs = zip(self.proxy.paths, self.proxy.sizes)
            sizes = [size for path, size in pairs if path != _WORKER]
            busy = [at for at, size in enumerate(sizes) if abs(size - self.cycle) > _SLACK]
            if busy and len(sizes) > busy[-1] + 3:
                counted = sizes[busy[0] : busy[-1] + 1]
                return 1 + len(counted), self.cycle + sum(counted)
            self.proxy.wait_for_paths(len(self.proxy.paths) + 1, PATIENCE_S)

    def __exit__(self, *given: object) -> None:
        super().__exit__(*given)
        self.proxy.__exit__()


def measure() -> Iterator[Figure]:
    """Yield the figures; each stage is a cloud and a Thing of its own."""
    with Counted() as stage:
        stage.begin()
        yield Figure("management cycle (1 connection)", stage.measure_cycle(), "B", 1019, most=620)
        yield from _app_update(stage)
    with Counted() as stage:
        stage.begin(payload_encryption=True)
        yield Figure("the same, encrypted", stage.measure_cycle(), "B", 1886, most=650)
    with Counted("esp32") as stage:
        stage.begin()
        yield from _os_update(stage)


def _app_update(stage: Counted) -> Iterator[Figure]:
    stage.proxy.reset()
    stage.confirmed(stage.admin.commit(stage.aid, apps.good("two")))
    connections, size = stage.cost()
    yield Figure("app update, all counted: connections", connections, "", 15, most=5)
    yield Figure("app update, all counted", size, "B", 7800, most=3500)


def _os_update(stage: Counted) -> Iterator[Figure]:
    """Yield the cost of a release in which one module has changed."""
    stage.releases.make(stage.os, __version__)
    stage.releases.change(stage.os, "3.0.0")
    stage.measure_cycle()
    stage.proxy.reset()
    stage.set(pythings_version="3.0.0")
    stage.thing_tells("its start", event="boot", os="3.0.0")
    connections, size = stage.cost()
    yield Figure("OS update of one module, esp32: connections", connections, "", 27)
    yield Figure("OS update of one module, esp32", size, "B", 60862, most=4500)
