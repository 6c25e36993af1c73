"""Streams of events as they occur, and long reads that hold up no writer."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest
import requests

from app.cloud.manage.service import events as service
from app.cloud.manage.service.office import LOCAL, Refused
from tests.patience import PATIENCE_S
from tests.unit.cloud.manage.conftest import NOW, add_thing


def happen(desk, tid: str, what: str) -> None:
    """Note a call of a Thing, as its answer would."""

    def noted(cloud):
        cloud.store.events.add(NOW, what, tid, 200, "")
        return cloud

    desk.run(desk.manage.events._office.change(noted))
    desk.cloud.notifier.ring()


@pytest.fixture
def tid(lite):
    aid = lite.run(lite.manage.apps.create(LOCAL, "Lamp")).aid
    add_thing(lite, aid, "t", NOW)
    return "t"


def test_a_stream_goes_on_from_an_event(lite, tid):
    happen(lite, tid, "one")
    happen(lite, tid, "two")

    async def watched():
        stream = await lite.manage.events.stream(LOCAL, 1)
        first = await stream.__anext__()
        following = asyncio.ensure_future(stream.__anext__())
        await asyncio.sleep(0)
        await lite.manage.events._office.change(
            lambda cloud: cloud.store.events.add(NOW, "three", tid, 200, "")
        )
        lite.cloud.notifier.ring()
        second = await following
        lite.cloud.notifier.close()
        return [event.what for event in [*first, *second]], [part async for part in stream]

    assert lite.run(watched()) == (["two", "three"], [])


def test_streams_are_so_many_at_most(lite, monkeypatch):
    monkeypatch.setattr(service, "_STREAMS", 1)

    async def opened():
        first = await lite.manage.events.stream(LOCAL)
        waiting = asyncio.ensure_future(first.__anext__())
        await asyncio.sleep(0)
        with pytest.raises(Refused, match="too many"):
            await lite.manage.events.stream(LOCAL)
        lite.cloud.notifier.close()
        await waiting
        await first.aclose()
        return await lite.manage.events.stream(LOCAL)

    assert lite.run(opened())


def test_server_sent_events_over_http(cloud, thing):
    token = (cloud.data / "admin.token").read_text()
    after = cloud.admin.events()[-1]["id"]
    headers = {"Authorization": f"Bearer {token}", "Last-Event-ID": str(after)}
    url = f"{cloud.ready.url}/api/manage/v1/events/stream?after=0"
    with requests.get(url, headers=headers, stream=True, timeout=PATIENCE_S) as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        threading.Thread(target=thing.management).start()
        # A quiet stream is kept open by comments, which begin with a colon.
        told = response.iter_lines(decode_unicode=True)
        lines = (line for line in told if line and line[0] != ":")
        found: dict[str, Any] = {}
        while found.get("tid") != thing.tid or found["what"] != "management":
            number, data = next(lines), next(lines)
            found = json.loads(data.removeprefix("data: "))
            assert number == f"id: {found['id']}"
            assert found["id"] > after


def test_a_long_read_makes_nobody_wait(lite):
    begun, ended = threading.Event(), threading.Event()

    def looks(cloud):
        before = len(cloud.store.apps.all())
        begun.set()
        assert ended.wait(PATIENCE_S)
        return before, len(cloud.store.apps.all())

    async def at_once():
        reading = asyncio.ensure_future(lite.manage.apps._office.read(looks))
        await asyncio.to_thread(begun.wait, PATIENCE_S)
        made = await lite.manage.apps.create(LOCAL, "Meanwhile")  # else this would never end
        ended.set()
        return made.name, await reading

    assert lite.run(at_once()) == ("Meanwhile", (0, 0))
    assert lite.run(lite.manage.apps.find(LOCAL)).total == 1
