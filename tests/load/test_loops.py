"""Both loops of the bench run, and each of their calls is answered."""

import asyncio
import contextlib

import pytest

from app.cloud.store import Store
from tests import postgres
from tests.load import fleet, loops, year
from tests.load.requests import Connection, closed, opened


@pytest.mark.slow
def test_all_are_answered():
    # `tox -e load` measures the speed, on a machine that does nothing else.
    with loops.cloud("SQLite") as side:
        assert side.aid
        for figures in (
            asyncio.run(closed(side.url, side.aid, 16, 1.0, "t")),
            asyncio.run(opened(side.url, side.aid, 2500, 1.0)),
        ):
            assert figures.errors == []
            assert len(figures.times) >= 16
        asyncio.run(fleet.fill(side.url, side.aid, 0, 41))
        assert len(fleet.run(side.data, "thing", "list", "--trouble")) == 3  # with a head


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_thing_is_found_among_others(kind, tmp_path):
    with contextlib.ExitStack() as stack:
        url = None
        if kind == "postgresql":
            url = stack.enter_context(postgres.running()).database()
        store = stack.enter_context(contextlib.closing(Store(tmp_path / "cloud.db", url=url)))
        year.fill(store, things=3, times=2500)
        assert year.ask(store, times=2500)[1] == year.BUCKETS


def test_a_connection_that_the_server_has_ended_is_made_anew():
    # On a busy machine, a round over all connections took longer than one of them may be idle.
    async def answer_and_end(reader, writer):
        await reader.readuntil(b"{}")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")
        writer.close()
        await writer.wait_closed()

    async def two_calls():
        async with await asyncio.start_server(answer_and_end, "127.0.0.1", 0) as server:
            connection = Connection("http://127.0.0.1:%d" % server.sockets[0].getsockname()[1])
            first = await connection.call("a", {})
            assert connection._streams
            assert await connection._streams[0].read() == b""  # the server has closed it
            second = await connection.call("b", {})
            connection.close()
            return [first, second]

    assert asyncio.run(two_calls()) == [b"OK", b"OK"]
