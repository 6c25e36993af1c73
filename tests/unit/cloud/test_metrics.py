"""Figures for Prometheus: access, correctness, and a number that no client can multiply."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import stat
import threading

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.cloud.database.connection import Unavailable
from app.cloud.metrics import endpoint
from app.cloud.metrics.census import census
from app.cloud.store import Store
from app.cloud.tables.pools import Pool
from tests.patience import PATIENCE_S, until
from tests.unit.cloud.conftest import running
from tests.unit.cloud.crews import workers_of
from tests.unit.cloud.wire import Thing, Wire

NOW = 1_800_000_000.0


def ask(wire: Wire, token: str | None, path: str = "/metrics"):
    given = f"Authorization: Bearer {token}\r\n" if token is not None else ""
    text = f"GET {path} HTTP/1.1\r\nHost: cloud\r\n{given}Connection: close\r\n\r\n"
    return wire.send(text.encode())


def samples(cloud) -> dict[str, float]:
    """Return all figures by name, with the sorted values of the labels in brackets."""
    answer = ask(cloud.wire, (cloud.data / "metrics.token").read_text())
    assert answer.status == 200
    found = {}
    for family in text_string_to_metric_families(answer.body.decode()):
        for sample in family.samples:
            labels = ",".join(sample.labels[name] for name in sorted(sample.labels))
            found[f"{sample.name}[{labels}]"] = sample.value
    return found


@pytest.fixture
def alone(tmp_path):
    with running(tmp_path, rate=0) as it:
        yield it


def test_strangers_see_nothing(alone):
    secret = alone.data / "metrics.token"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    admin = (alone.data / "admin.token").read_text()
    for token in (None, "", "x", admin, secret.read_text() + "x", "\xff"):
        answer = ask(alone.wire, token)
        assert (answer.status, answer.header("Www-Authenticate")) == (401, "Bearer")
        assert b"pythings_" not in answer.body


def test_the_token_stays(tmp_path):
    tokens = set()
    for _ in range(2):
        with running(tmp_path):
            tokens.add((tmp_path / "metrics.token").read_text())
    assert len(tokens) == 1
    assert len(tokens.pop()) >= 40


def test_requests_are_counted(alone):
    thing = Thing(alone.wire, alone.admin.create_app("Lamp"))
    thing.register()
    for _ in range(3):
        thing.management()
    thing.call("apps/worker/", msg={"t": 1}, ts=1)
    alone.wire.post("apps/management/", {"token": "nobody's"})
    found = samples(alone)
    assert found["pythings_requests_total[register,200]"] == 1
    assert found["pythings_requests_total[management,200]"] == 3
    assert found["pythings_requests_total[management,401]"] == 1
    assert found["pythings_request_seconds_count[management]"] == 4
    assert found["pythings_request_seconds_bucket[worker,+Inf]"] == 1
    assert found["pythings_things[online]"] == 1
    assert found["pythings_transaction_jobs_total[]"] >= 6
    assert found["pythings_transaction_seconds_count[]"] >= 1
    assert found["pythings_writer_jobs[]"] == 0


def test_no_name_is_made_by_who_asks(alone):
    before = len(samples(alone))
    for number in range(40):
        alone.wire.request("GET", f"/nothing/{number}")
        alone.wire.request("GET", f"/api/manage/v1/{number}")
        alone.wire.request("GET", f"/api/v1/apps/get/{number}/")
        alone.wire.post("apps/worker/", {"token": f"t{number}", "msg": 1})
        alone.wire.send(f"M{number} / HTTP/1.1\r\nHost: c\r\nConnection: close\r\n\r\n".encode())
    after = samples(alone)
    apis = {re.split(r"[\[,\]]", name)[1] for name in after if "_requests_total" in name}
    assert apis == {"manage", "app_files", "metrics", "other", "worker"}
    assert len(after) - before < 100


def things_of(store: Store) -> None:
    """Add a Thing in each state, two of them online."""
    with store.transaction():
        store.accounts.add("local")
        app = store.apps.add("local", "App", "usual", "aid")
        intervals = {"management_interval": 60, "worker_interval": 300}
        store.pools.add(app.id, Pool("usual", intervals, False))
        ages = {"a": 10, "b": 200, "slow": 3500, "fails": 20}
        ages |= {"silent": 3500, "ended": 1, "early": 5}
        for tid, age in ages.items():
            thing = store.things.add(tid, app.id, "usual")
            token = store.sessions.start(NOW - age)
            store.sessions.bind(token, thing.id, None, None)
            if tid == "fails":
                store.sessions.report(token, "worker", "KO: it fell", 0.0)
            if tid == "ended":
                store.sessions.deactivate(thing.id)
            if tid == "slow":
                store.things.set_custom(thing, {**intervals, "management_interval": 3600})
            if tid == "early":
                store.sessions.touch(token, NOW + 1e6)  # the clock was put back
        store.things.add("new", app.id, "usual")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_things_are_counted_by_state(kind, tmp_path, request):
    url = None
    if kind == "postgresql":
        url = request.getfixturevalue("postgresql").database()
    with contextlib.closing(Store(tmp_path / "cloud.db", url=url)) as store:
        things_of(store)
        with store.beside() as database:
            found = census(database, NOW)
    assert found == {"online": 4, "failing": 1, "silent": 1, "ended": 1, "new": 1}


def test_without_the_database_the_rest_is_shown(alone, monkeypatch):
    def gone(*_):
        raise Unavailable("gone")

    monkeypatch.setattr("app.cloud.server.census", gone)
    found = samples(alone)
    assert not [name for name in found if name.startswith("pythings_things")]
    assert "pythings_writer_jobs[]" in found


def test_things_are_not_counted_for_each_request(alone, monkeypatch):
    asked = []

    def counted(*_):
        asked.append(1)
        return {"online": 7}

    monkeypatch.setattr("app.cloud.server.census", counted)
    assert samples(alone)["pythings_things[online]"] == 7
    samples(alone)
    assert asked == [1]
    monkeypatch.setattr(endpoint, "_COUNTED_S", 0.0)
    samples(alone)
    assert asked == [1, 1]


def test_no_old_count_is_shown_while_a_new_one_takes_long(alone, monkeypatch):
    """A figure that stands still looks like Things that are well."""
    monkeypatch.setattr("app.cloud.server.census", lambda *_: {"online": 7})
    assert samples(alone)["pythings_things[online]"] == 7
    monkeypatch.setattr(endpoint, "_COUNTED_S", 0.0)
    monkeypatch.setattr(endpoint, "_PATIENCE_S", 0.05)
    counted = threading.Event()

    def slow(*_):
        assert counted.wait(PATIENCE_S)
        return {"online": 8}

    monkeypatch.setattr("app.cloud.server.census", slow)
    try:
        assert samples(alone)["pythings_things[online]"] == 7  # it is some seconds old
        monkeypatch.setattr(endpoint, "_OLDEST_S", 0.0)
        assert "pythings_things[online]" not in samples(alone)
        monkeypatch.setattr(endpoint, "_OLDEST_S", 120.0)
    finally:
        counted.set()
    until(lambda: samples(alone).get("pythings_things[online]") == 8)


def test_workers_count_together(crew):
    thing = Thing(crew.wire, crew.admin.create_app("Lamp"))
    thing.register()
    for _ in range(12):  # each on a connection of its own, taken by either worker
        thing.management()
    name = "pythings_requests_total[management,200]"
    assert {samples(crew)[name] for _ in range(6)} == {12}
    before = workers_of(crew.process.pid)
    os.kill(min(before), signal.SIGKILL)
    until(lambda: len(workers_of(crew.process.pid) - {min(before)}) == 2)
    assert samples(crew)[name] == 12
    assert samples(crew)["pythings_writer_jobs[]"] == 0
