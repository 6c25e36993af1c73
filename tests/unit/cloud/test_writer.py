"""Group commit: calls that wait at the same time share a transaction; a failed one undoes no
other."""

from __future__ import annotations

import asyncio
import contextlib
import threading

import pytest

from app.cloud.database.connection import Again, Database, Unavailable
from app.cloud.store import Store
from app.cloud.tables.pools import Pool
from app.cloud.tables.readings import _STEP
from app.cloud.writer import Writer
from tests.patience import PATIENCE_S
from tests.unit.cloud.conftest import running
from tests.unit.cloud.wire import Thing

DAY_US = 86_400_000_000


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    url = None
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").database()
    with contextlib.closing(Store(tmp_path / "cloud.db", url=url)) as it:
        yield it


class Counted:
    """A store that counts the transactions begun; `gate` keeps the first one open."""

    def __init__(self, store, monkeypatch):
        self.begun = 0
        self.gate = threading.Event()
        begin = store.transaction

        def counted():
            self.begun += 1
            return begin()

        monkeypatch.setattr(store, "transaction", counted)


def run(store, scenario):
    async def whole():
        with contextlib.closing(Writer(store, lambda: 0.0)) as writer:
            return await asyncio.wait_for(scenario(writer), PATIENCE_S)

    return asyncio.run(whole())


def test_those_that_wait_share_a_transaction(store, monkeypatch):
    counted = Counted(store, monkeypatch)

    def first():
        counted.gate.wait(PATIENCE_S)

    async def scenario(writer):
        calls = [first] + [lambda n=n: store.accounts.add(str(n)) for n in range(40)]
        jobs = [asyncio.ensure_future(writer.do(call)) for call in calls]
        await asyncio.sleep(0)  # all are given
        counted.gate.set()
        await asyncio.gather(*jobs)

    run(store, scenario)
    assert len(store.accounts.all()) == 40
    assert counted.begun <= 3


def test_one_that_fails_undoes_no_other(store, monkeypatch):
    counted = Counted(store, monkeypatch)

    def fails(name):
        store.accounts.add(name)
        raise KeyError(name)

    async def scenario(writer):
        def first():
            counted.gate.wait(PATIENCE_S)

        jobs = [writer.do(first)]
        for number in range(6):
            work = fails if number % 2 else store.accounts.add
            jobs.append(writer.do(lambda work=work, number=number: work(str(number))))
        waiting = [asyncio.ensure_future(job) for job in jobs]
        await asyncio.sleep(0)
        counted.gate.set()
        return await asyncio.gather(*waiting, return_exceptions=True)

    results = run(store, scenario)
    assert [type(result) for result in results[1:]] == [type(None), KeyError] * 3
    assert [account.name for account in store.accounts.all()] == ["0", "2", "4"]


def test_nobody_is_told_before_it_is_committed(store, monkeypatch):
    """If the commit fails, it fails for all calls that share the transaction."""

    @contextlib.contextmanager
    def cut():
        with begin():
            yield
            raise OSError(28, "No space left on device")

    begin = store.transaction

    async def scenario(writer):
        monkeypatch.setattr(store, "transaction", cut)
        with pytest.raises(Unavailable, match="No space left"):
            await writer.do(lambda: store.accounts.add("gone"))
        monkeypatch.setattr(store, "transaction", begin)
        await writer.do(lambda: store.accounts.add("kept"))

    run(store, scenario)
    assert [account.name for account in store.accounts.all()] == ["kept"]


def test_those_in_each_others_way_are_tried_one_by_one(store):
    """As PostgreSQL has it: of two transactions that wait for each other, one gives way."""
    tries = []

    def stands_in_the_way():
        tries.append(1)
        if len(tries) == 1:
            raise Again("deadlock detected")

    async def scenario(writer):
        gate = threading.Event()
        first = asyncio.ensure_future(writer.do(lambda: gate.wait(PATIENCE_S)))
        calls = [lambda: store.accounts.add("a"), stands_in_the_way]
        jobs = [asyncio.ensure_future(writer.do(call)) for call in calls]
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(first, *jobs)
        tries.clear()
        with pytest.raises(Unavailable, match="deadlock"):
            await writer.do(stands_in_the_way)

    run(store, scenario)
    assert [account.name for account in store.accounts.all()] == ["a"]


def test_what_seldom_fails_is_done_again(store):
    """All of the transaction is, each in a savepoint of its own: one that fails undoes no other."""
    tries = []

    def fails():
        tries.append(1)
        try:
            with store.savepoint(seldom=True):
                store.accounts.add("gone")
                raise KeyError
        except KeyError:
            store.accounts.add("told")

    async def scenario(writer):
        await asyncio.gather(
            *(writer.do(call, True) for call in (lambda: store.accounts.add("other"), fails))
        )

    run(store, scenario)
    assert sorted(account.name for account in store.accounts.all()) == ["other", "told"]
    assert len(tries) == 2


def test_a_call_costs_few_statements(tmp_path, monkeypatch):
    """Each costs a round trip to PostgreSQL: begin, session and Thing, the writes, commit."""
    # Else the writer's own work is counted, too.
    monkeypatch.setattr("app.cloud.writer._TEND_S", 3600.0)
    monkeypatch.setattr("app.cloud.rollouts.evaluation.EVERY_S", 3600.0)
    monkeypatch.setattr("app.cloud.alarms.watch.EVERY_S", 3600.0)
    monkeypatch.setattr("app.cloud.alarms.courier.EVERY_S", 3600.0)
    with running(tmp_path, rate=0) as cloud:
        thing = Thing(cloud.wire, cloud.admin.create_app("Lamp"))
        thing.register()
        target = {"webhook": "https://a.example/", "secret": "0123456789abcdef"}
        cloud.admin.add_alarm(thing.aid, "development", kind="over", limit=0.0, **target)
        sealed = Thing(cloud.wire, thing.aid)
        sealed.preregister(cloud.ready.modulus)
        sealed.register()
        for it in (thing, sealed):
            it.management()
            it.call("apps/worker/", msg=1, ts=1)
        told: list[str] = []
        send = Database.text

        def text(database, statement, *arguments):
            if database.backend.path.parent == tmp_path:  # other clouds run in this process
                told.append(statement)
            return send(database, statement, *arguments)

        monkeypatch.setattr(Database, "text", text)
        counts = []
        for it in (thing, sealed):
            for call in (it.management, lambda it=it: it.call("apps/worker/", msg=2, ts=2)):
                told.clear()
                call()
                counts.append(len(told))
    assert counts == [6, 6, 6, 6]


def test_a_series_that_was_undone_is_not_remembered(store):
    with pytest.raises(KeyError), store.transaction():
        store.readings.add("a", "t", 1, "gone", 0)
        raise KeyError
    with store.transaction():
        store.readings.add("other", "t", 1, "x", 0)
        store.readings.add("a", "t", 1, "kept", 0)
    assert [it.msg for it in store.ranges.page("a", "t", 0, 2**62, 9)] == ["kept"]


def test_readings_stay_as_long_as_the_pool_says(store):
    now = 1_800_000_000.0
    with store.transaction():
        store.accounts.add("local")
        app = store.apps.add("local", "App", "short", "aid")
        store.pools.add(app.id, Pool("short", {}, False, keep_readings=2))
        store.pools.add(app.id, Pool("long", {}, False))
        for tid, pool in (("a", "short"), ("b", "long")):
            store.things.add(tid, app.id, pool)
            for number in range(_STEP + 20):
                ts = int(now * 1e6) - 3 * DAY_US - number
                store.readings.add("aid", tid, ts, number, now)
            store.readings.add("aid", tid, int(now * 1e6) - DAY_US, "young", now)
    steps = 0
    done = False
    while not done:
        with store.transaction():
            done = store.tend(now)
        steps += 1
    assert [it.msg for it in store.ranges.page("aid", "a", 0, 2**62, 9)] == ["young"]
    assert len(store.ranges.page("aid", "b", 0, 2**62, 9999)) == _STEP + 21
    assert steps == 3  # 500, the rest, and no series more
