"""Clients that keep the cloud waiting: it goes on for all others."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time

import pytest

from app.cloud.limited_h11 import JoinedWrites
from tests.unit.cloud.conftest import running

PARTS = {
    "nothing": b"",
    "half a head": b"POST /api/v1/apps/worker/ HTT",
    "half a body": b"POST /api/v1/apps/worker/ HTTP/1.1\r\nHost: c\r\nContent-Length: 9\r\n\r\n{",
}
ASK = b"GET / HTTP/1.1\r\nHost: c\r\n\r\n"


def lost(connection: socket.socket) -> bool:
    """Wait until the cloud has ended the connection."""
    connection.settimeout(20)
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_a_request_that_does_not_end(tmp_path, part):
    with running(tmp_path, request_s=0.3) as cloud:
        with socket.create_connection(cloud.wire.address, timeout=20) as connection:
            connection.sendall(part)
            assert lost(connection)
        assert cloud.wire.request("GET", "/").status == 404


def test_a_request_that_trickles(tmp_path):
    with running(tmp_path, request_s=0.5) as cloud, contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.suppress(ConnectionError))
        connection = stack.enter_context(socket.create_connection(cloud.wire.address, timeout=20))
        began = time.monotonic()
        for byte in PARTS["half a body"] * 100:
            connection.sendall(bytes([byte]))
            connection.settimeout(0.02)
            with contextlib.suppress(socket.timeout):
                assert connection.recv(1) == b""
                break
    assert time.monotonic() - began < 10


def test_a_second_request_has_a_limit_too(tmp_path):
    with running(tmp_path, request_s=0.3) as cloud, contextlib.ExitStack() as stack:
        connection = stack.enter_context(socket.create_connection(cloud.wire.address, timeout=20))
        connection.sendall(ASK)
        assert b"404" in connection.recv(65536)
        connection.sendall(ASK[:9])
        while not lost(connection):
            pass  # the rest of the answer


def test_too_many_that_wait(tmp_path):
    with running(tmp_path, most=5) as cloud, contextlib.ExitStack() as stack:
        silent = [
            stack.enter_context(socket.create_connection(cloud.wire.address, timeout=20))
            for _ in range(12)
        ]
        assert all(lost(connection) for connection in silent[:7])
        assert cloud.wire.request("GET", "/").status == 404  # a client that sends is served
        assert lost(silent[7])  # and one more had to go for that


def test_who_waits_for_an_event_may(tmp_path):
    with running(tmp_path, request_s=0.3) as cloud:
        began = time.monotonic()
        assert cloud.admin.events(wait=1) == []
        assert time.monotonic() - began > 0.9


class Kept(asyncio.Transport):
    def __init__(self):
        super().__init__()
        self.calls = []

    def write(self, data):
        self.calls.append(data)

    def close(self):
        self.calls.append("close")


def test_a_head_and_its_body_leave_together():
    async def scenario():
        kept = Kept()
        joined = JoinedWrites(kept)
        for data in (b"head", b"body"):
            joined.write(data)
        assert kept.calls == []
        await asyncio.sleep(0)
        joined.write(b"last")
        joined.close()
        await asyncio.sleep(0)
        return kept.calls

    assert asyncio.run(scenario()) == [b"headbody", b"last", "close"]
