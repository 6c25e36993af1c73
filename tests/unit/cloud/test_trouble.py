"""Trouble under a request: each gets a clear answer, and nothing is half written."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from app.cloud import server
from app.cloud.steady import Steady
from app.cloud.store import Store
from app.cloud.tables.pools import Pool
from app.cloud.writer import Writer
from tests.everywhere import kept
from tests.load.requests import Connection
from tests.patience import PATIENCE_S, until
from tests.unit.cloud.conftest import running
from tests.unit.cloud.wire import Thing

NOW = 1_800_000_000.0
DAY = 86_400.0
_BLOCKED = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'INSERT%'"
)


def stored(cloud, thing):
    return [row["msg"] for row in cloud.admin.readings(thing.tid, 10_000)]


def test_the_database_goes_in_the_middle_of_a_request(postgresql, tmp_path):
    """Between two statements of one call: the reading is not there, nor anything beside it."""
    psycopg = pytest.importorskip("psycopg")
    url = postgresql.database()
    with running(tmp_path, database=url, rate=0) as cloud:
        thing = Thing(cloud.wire, cloud.admin.create_app("Lamp"))
        thing.register()
        assert thing.call("apps/worker/", msg=1, ts=1).status == 200
        before = cloud.admin.events()
        plain = url.replace("+psycopg", "")
        with psycopg.connect(plain, autocommit=True) as other, psycopg.connect(plain) as holder:
            holder.execute("LOCK TABLE reading IN ACCESS EXCLUSIVE MODE")
            with ThreadPoolExecutor() as pool:
                asked = pool.submit(thing.call, "apps/worker/", msg=2, ts=2)
                until(lambda: other.execute(_BLOCKED).fetchone()[0])
                answer = asked.result(PATIENCE_S)
        assert (answer.status, answer.header("Retry-After")) == (503, "10")
        assert cloud.admin.events() == before
        assert stored(cloud, thing) == [1]
        assert thing.call("apps/worker/", msg=2, ts=2).status == 200
        assert stored(cloud, thing) == [1, 2]


@pytest.fixture
def small(tmp_path):
    """A file system of 8 MB."""
    where = tmp_path / "disk"
    where.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", str(where)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a file system takes root")
    yield where
    subprocess.run(["umount", str(where)], check=True)


def test_a_full_disk(small):
    """Only acknowledged readings are stored, and the cloud goes on when there is room."""
    with running(small / "data", rate=0) as cloud:
        thing = Thing(cloud.wire, cloud.admin.create_app("Lamp"))
        thing.register()
        filler = small / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(b"\0" * 4096):
                pass
        taken = []
        for number in range(1, 10_000):
            answer = thing.call("apps/worker/", msg=f"{number:500}", ts=number)
            if answer.status != 200:
                break
            taken.append(number)
        assert (answer.status, answer.header("Retry-After")) == (503, "10")
        assert cloud.wire.request("GET", "/healthz").status == 200
        filler.unlink()
        assert thing.call("apps/worker/", msg=f"{number:500}", ts=number).status == 200
        assert [int(text) for text in stored(cloud, thing)] == [*taken, number]


@pytest.mark.slow
@pytest.mark.parametrize("count", kept([2000, 10_000], 2000))
def test_thousands_of_readings_of_a_thing_that_was_off_line(tmp_path, count):
    """It sends as fast as it is answered; meanwhile the others are answered too."""
    ways = 8
    with running(tmp_path, rate=0) as cloud:
        aid = cloud.admin.create_app("Lamp")
        late, other = Thing(cloud.wire, aid), Thing(cloud.wire, aid)
        late.register()
        other.register()

        async def send(first):
            connection = Connection(cloud.ready.url)
            for number in range(first, count, ways):
                fields = {"token": late.token, "msg": {"n": number}, "ts": NOW + number}
                await connection.call("apps/worker", fields)
            connection.close()

        async def meanwhile():
            sending = asyncio.gather(*map(send, range(ways)))
            answered = 0
            while not sending.done():
                assert (await asyncio.to_thread(other.call, "apps/management/")).status == 200
                answered += 1
            await sending
            return answered

        assert asyncio.run(meanwhile()) > 1
        assert [it["n"] for it in stored(cloud, late)] == list(range(count))


def test_a_clock_that_jumps(tmp_path, monkeypatch):
    """Things go on, there and back: a session that seems old only has to be started again."""
    now = [NOW]
    monkeypatch.setattr(server, "time", SimpleNamespace(time=lambda: now[0]))
    with running(tmp_path, rate=0) as cloud:
        thing = Thing(cloud.wire, cloud.admin.create_app("Lamp"))
        for number, jump in enumerate((0, 400 * DAY, -20_000 * DAY, 0, 2e6 * DAY, 0)):
            now[0] = NOW + jump + number
            if not thing.token or thing.call("apps/management/").status == 401:
                thing.token = ""
                assert thing.register().status == 200
            assert "settings" in thing.management()
            assert thing.call("apps/worker/", msg=number + 1).status == 200
            assert thing.report().status == 200
        assert set(stored(cloud, thing)) == {1, 2, 3, 4, 5, 6}


def test_a_clock_that_jumped_is_not_believed_for_a_day():
    clock, since = [NOW], [0.0]
    steady = Steady(lambda: clock[0], lambda: since[0])

    def later(seconds, jump=0.0):
        since[0] += seconds
        clock[0] += seconds + jump
        return steady.time() == clock[0]

    assert steady.time() == NOW
    assert later(30 * DAY)
    assert later(10, jump=600)  # a correction
    assert not later(10, jump=400 * DAY)
    assert not later(DAY / 2)
    assert not later(60, jump=-400 * DAY)  # corrected: the day begins again
    assert not later(DAY - 100)
    assert later(200)


def test_nothing_is_dropped_by_a_clock_that_jumped(tmp_path, monkeypatch):
    """A reading dropped too early could not be restored."""
    monkeypatch.setattr("app.cloud.writer._TEND_S", 0.01)
    monkeypatch.setattr("app.cloud.writer._TENDED_S", 0.01)
    now = [NOW]
    with contextlib.closing(Store(tmp_path / "cloud.db")) as store:
        with store.transaction():
            store.accounts.add("local")
            app = store.apps.add("local", "App", "usual", "aid")
            store.pools.add(app.id, Pool("usual", {}, False, keep_readings=30))
            store.things.add("t", app.id, "usual")
            for age in (40, 10):
                store.readings.add("aid", "t", int((NOW - age * DAY) * 1e6), age, NOW)
        tended: list[float] = []
        tend = store.tend

        def tending(at):
            tended.append(at)
            return tend(at)

        def looked(steady):
            asked.append(now[0])
            return look(steady)

        monkeypatch.setattr(store, "tend", tending)
        asked: list[float] = []
        look = Steady.time
        monkeypatch.setattr(Steady, "time", looked)
        with contextlib.closing(Writer(store, lambda: now[0])):
            until(lambda: len(tended) > 2)
            now[0] += 100 * DAY
            until(lambda: asked.count(now[0]) > 2)
        assert set(tended) == {NOW}
        assert [it.msg for it in store.ranges.page("aid", "t", 0, 2**62, 9)] == [10]
