"""A firewall, a proxy or a limit before the cloud refuses some or all requests of a Thing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import TID, World
from tests.e2e.proxy import Proxy, answer
from tests.e2e.simulated import pytestmark  # noqa: F401 - boards are simulated here, too
from tests.patience import PATIENCE_S

_PAGE = b"<html><body>Request blocked. Incident 12345.</body></html>"
_THIRD = re.compile(rb'"count":3[,}]')
_LIMIT = 1500  # bytes of a request


class Front(World):
    """A Thing that reaches its cloud through a proxy."""

    proxy: Proxy

    def begin(self) -> Front:
        """Start the Thing with the proxy as its cloud."""
        self.start(backend="http://127.0.0.1:%d" % self.proxy.port)
        return self

    def counts(self) -> set[int]:
        """Return the counts of the readings that have arrived."""
        return {row["msg"]["count"] for row in self.admin.readings(TID, 1000)}

    def given_up(self, what: str) -> dict[str, Any]:
        """Wait until the Thing has told that it gave that up; return the event."""
        return self.thing.wait_for(
            "it gives up " + what,
            lambda e: e["event"] == "given_up" and e["what"] == what,
            PATIENCE_S,
        )


@pytest.fixture(params=["linux", "esp32"])
def front(request: pytest.FixtureRequest) -> Iterator[Front]:
    world = Front()
    world.board = request.param
    with world:
        world.open()
        with Proxy(world.port) as world.proxy:
            yield world


@pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found"])
def test_one_reading_that_a_firewall_refuses_blocks_nothing(front: Front, status: str) -> None:
    def firewall(path: str, request: bytes) -> bytes | None:
        refused = path.endswith("/worker/") and _THIRD.search(request)
        return answer(status, "text/html", _PAGE) if refused else None

    front.proxy.barrier = firewall
    front.begin()
    told = front.given_up("a reading")
    assert status[:3] in told["text"]
    front.status("pythings", "KO", "a reading was given up", status[:3])
    front.more_readings(2)
    assert 3 not in front.counts()
    assert {1, 2, 4, 5} <= front.counts()
    tries = [request for request in front.proxy.requests if _THIRD.search(request)]
    assert len(tries) <= 8
    if front.hosted:
        assert "'count': 3" in (front.root / "refused").read_text()


def test_a_reply_that_a_proxy_finds_too_large_blocks_nothing(front: Front) -> None:
    large: list[bytes] = []

    def proxy(path: str, request: bytes) -> bytes | None:
        if len(request) < _LIMIT:
            return None
        large.append(request)
        return answer("413 Request Entity Too Large", "text/html", _PAGE)

    front.proxy.barrier = proxy
    front.begin()
    front.confirmed(front.version)
    asked = front.admin.send_message(TID, "x" * _LIMIT)
    assert "413" in front.given_up("a reply")["text"]
    assert "refused on its way" in front.reply(asked)  # the sender of the message is told, too
    assert "short" in front.reply(front.admin.send_message(TID, "short"))
    front.more_readings(2)
    assert len(large) <= 4
    front.status("pythings", "KO", "a reply was given up", "413")


def test_a_message_longer_than_a_thing_takes_is_answered_with_an_error(front: Front) -> None:
    """Our own cloud refuses one when it is sent; another one does not."""
    short, long = b'"not so short"', b'"%s"' % (b"so long " * 4000)

    def another_cloud(path: str, raw: bytes) -> bytes:
        body = raw.partition(b"\r\n\r\n")[2]
        if not path.endswith("/management/") or short not in body:
            return raw
        return answer("200 OK", "application/json", body.replace(short, long))

    front.proxy.rule = another_cloud
    front.begin()
    front.confirmed(front.version)
    told = front.reply(front.admin.send_message(TID, "not so short"))
    assert "error: the message is too long" in told and "in parts" in told
    assert "short" in front.reply(front.admin.send_message(TID, "short"))
    front.more_readings(2)


def test_who_asks_to_wait_is_waited_for(front: Front) -> None:
    busy = answer("429 Too Many Requests", "text/plain", b"").replace(
        b"\r\n\r\n", b"\r\nRetry-After: 90\r\n\r\n"
    )
    front.proxy.barrier = lambda path, request: busy
    front.begin()
    told = front.thing_tells("it waits", event="remedy")
    assert told["wait_ms"] >= 90_000
    front.proxy.wait_for_paths(1, PATIENCE_S)  # the proxy counts an answer after it was sent
    assert len(front.proxy.paths) == 1
