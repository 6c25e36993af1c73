"""Several processes serve one PostgreSQL database: none holds state that another needs."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from app.cloud.client import AdminClient
from app.cloud.errors import CloudFailure
from tests.patience import PATIENCE_S, until
from tests.unit.cloud.conftest import running
from tests.unit.cloud.crews import workers_of
from tests.unit.cloud.wire import Thing


def test_one_file_has_one_writer(tmp_path):
    with pytest.raises(CloudFailure, match="SQLite has one writer"), running(tmp_path, workers=2):
        pass


def test_no_worker_has_what_another_would_need(crew):
    assert len(workers_of(crew.process.pid)) == 2
    aid, modulus = crew.admin.create_app("Lamp"), crew.admin.key()
    for number in range(10):  # each request on a connection of its own, taken by either worker
        thing = Thing(crew.wire, aid)
        if number % 2:
            assert thing.preregister(modulus).status == 200
        assert thing.register().status == 200
        assert "settings" in thing.management()
        assert thing.report().status == 200
        mid = crew.admin.send_message(thing.tid, number)
        assert thing.management()["msg"] == number
        assert thing.report("OK", msg={"mid": mid, "rep": number}).status == 200
        assert crew.admin.messages(thing.tid)[0]["reply"] == number


def test_whoever_waits_is_told_by_any(crew):
    thing = Thing(crew.wire, crew.admin.create_app("Lamp"))
    for number in range(10):
        after = max((event["id"] for event in crew.admin.events()), default=0)
        found: list[dict[str, Any]] = []

        def wait(after=after, found=found):
            with contextlib.closing(AdminClient.from_data(crew.data)) as admin:
                found.append(admin.wait_event("register", thing.tid, after, PATIENCE_S))

        waiting = threading.Thread(target=wait)
        waiting.start()
        assert thing.register(app_version=str(number)).status == 200
        waiting.join(PATIENCE_S)
        assert [event["status"] for event in found] == [200]


def test_no_acknowledged_reading_is_lost_with_a_worker(crew):
    aid = crew.admin.create_app("Lamp")
    things = [Thing(crew.wire, aid) for _ in range(4)]
    taken: dict[str, list[int]] = {thing.tid: [] for thing in things}
    end = threading.Event()

    def send(thing):
        number = 0
        while not end.is_set():
            number += 1
            with contextlib.suppress(OSError, IndexError):  # the worker is gone, with the answer
                if thing.call("apps/worker/", msg=number, ts=number).status == 200:
                    taken[thing.tid].append(number)

    for thing in things:
        thing.register()
    before = workers_of(crew.process.pid)
    senders = [threading.Thread(target=send, args=(thing,)) for thing in things]
    for sender in senders:
        sender.start()
    try:
        until(lambda: all(len(found) >= 5 for found in taken.values()))
        os.kill(min(before), signal.SIGKILL)
        until(lambda: len(workers_of(crew.process.pid) - {min(before)}) == 2)
        count = sum(map(len, taken.values()))
        until(lambda: sum(map(len, taken.values())) >= count + 20)
    finally:
        end.set()
        for sender in senders:
            sender.join(PATIENCE_S)
    for thing in things:
        stored = {row["msg"] for row in crew.admin.readings(thing.tid, 10_000)}
        assert set(taken[thing.tid]) <= stored
        assert "settings" in thing.management()


def test_all_end_well(crew):
    workers = workers_of(crew.process.pid)
    crew.process.terminate()
    assert crew.process.wait(PATIENCE_S) == 0
    assert json.loads(crew.process.stdout.readline()) == {"event": "stopped"}
    assert not (crew.data / "admin.json").exists()
    assert not any(map(_alive, workers))


def test_they_end_with_whoever_started_them(crew):
    """A killed parent cannot tell them."""
    workers = workers_of(crew.process.pid)
    crew.process.kill()
    until(lambda: not any(map(_alive, workers)))


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
