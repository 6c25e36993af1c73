"""A modem on which anything may go wrong, and a Thing behind it."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

from adapters.cloud.box import MARK
from adapters.cloud.gateway import Gateway
from adapters.linux.crypto import LinuxCrypto
from app.cloud import catalog
from app.cloud.api.answer import answer
from app.cloud.api.call import Call
from app.cloud.api.routes import find
from app.cloud.cloud import Cloud
from app.cloud.event_notifier import EventNotifier
from app.cloud.folder import ACCOUNT
from app.cloud.srsa import load_key_pair
from app.cloud.store import Store
from app.cloud.tables.pools import Pool
from app.modem.faults import FAULTS
from app.modem.internet import MANAGEMENT, HttpAnswer, Request
from domain.runner import Runner
from tests.fakes.clock import FakeClock
from tests.fakes.cloud import EPOCH
from tests.fakes.console import FakeConsole
from tests.fakes.modem import Bench
from tests.fakes.thing import CASES, FakeThing, explain, make_thing

TID = "T-SOAK"
FILES = {"worker_task.py": "class WorkerTask:\n    pass\n"}
# By chance at each opportunity: in all, about one exchange in three is hit.
CHANCES = {"command": 0.002, "bearer": 0.03, "request": 0.015, "read": 0.05}


class Silent(FakeConsole):
    """A console that records only faults, as all events would fill the memory."""

    def event(self, level: int, name: str, fields: dict[str, Any]) -> None:
        if name == "fault":
            super().event(level, name, fields)


class World:
    """The cloud, the Thing, the modem between them, and one clock."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.clock = FakeClock()
        self.cycles = 0
        self.read = 0
        self.store = Store(folder / "cloud.sqlite")
        self.cloud = Cloud(self.store, load_key_pair(folder / "key"), self.now, EventNotifier())
        with self.store.transaction():
            self.store.accounts.add(ACCOUNT)
            self.app = catalog.create_app(self.cloud, ACCOUNT, "Soak")
            version = catalog.commit(self.cloud, self.app, FILES, None)
            settings = {
                "app_version": version,
                "management_interval": "60",
                "worker_interval": "30",
                "ssl": False,
                "payload_encryption": False,
            }
            self.store.pools.save(self.app.id, Pool(catalog.DEVELOPMENT, settings, True))
        self.bench = Bench(*self.faults(), serve=self.serve, seed=seed, clock=self.clock)
        transport, links = self.ways()
        gateway: Any = Gateway(transport, LinuxCrypto())
        self.thing: FakeThing = make_thing(
            seed=seed,
            clock=self.clock,
            links=links,
            cloud=gateway,
            console=Silent(),
            default_backend="http://cloud.example",
            given={
                "aid": self.app.aid,
                "tid": TID,
                "cloud_key": str(self.cloud.keys.modulus),
            },
        )
        self.thing.apps.worker = self.worker
        self.runner = Runner(self.thing, lambda state, thing: CASES[state](thing), explain)

    def faults(self) -> list[str]:
        """Return all faults of the modem, with their chances."""
        return ["%s:%s" % (name, CHANCES[FAULTS[name][0]]) for name in FAULTS]

    def ways(self) -> tuple[Any, Any]:
        """Return the transport to the cloud, and the links."""
        return self.bench.transport, [self.bench.link]

    def now(self) -> float:
        return EPOCH + self.clock.now / 1000

    def worker(self) -> int:
        self.read += 1
        return self.read

    def serve(self, request: Request) -> HttpAnswer:
        path = "/" + request.url.partition("/")[2]
        route = find(path)
        assert route is not None
        assert (request.body or b"")[:1] == MARK or "preregister" in path
        self.cycles += path.endswith(MANAGEMENT)
        body, kind, call = request.body or b"", "application/json", Call()
        if route.prepare is not None:
            call.prepared = route.prepare(self.cloud, body, kind)
        reply = answer(
            self.cloud, route.name, route.post, lambda call: call.read(self.cloud, body, kind), call
        )
        head = "HTTP/1.1 %d X\r\nContent-Type: %s\r\n\r\n" % (reply.status, reply.content_type)
        return HttpAnswer(reply.status, head.encode(), reply.body)

    def live(self, cycles: int) -> None:
        """Live until the cloud has seen so many more management calls."""
        aim = self.cycles + cycles
        most = self.clock.now + (cycles + 30) * 1_800_000
        while self.cycles < aim:
            self.runner.step()
            assert self.clock.now < most, "it does not come back"

    def objects(self) -> int:
        """Return the number of live objects, after the fakes' records are cleared."""
        self.bench.uart.sent.clear()
        self.bench.events.clear()
        self.bench.pulled.clear()
        self.thing.apps.calls.clear()
        gc.collect()
        return len(gc.get_objects())

    def delivered(self) -> list[int]:
        rows = self.store.ranges.page(self.app.aid, TID, 0, 2**62, 1_000_000)
        return sorted(row.msg for row in rows)
