"""Of too many connections, those that sent nothing are closed first; a request under way stays."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cloud.guests import ASKING, LEAVING, SERVED, SILENT, GuestLimits, Guests
from tests.unit.cloud.conftest import running
from tests.unit.cloud.wire import Answer

BODY = b'{"token": "x"}'
HEAD = b"POST /api/v1/apps/worker/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
HEAD += b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY)


@pytest.mark.parametrize("cut", [1, len(HEAD) - 1, len(HEAD), len(HEAD) + 3])
def test_a_request_in_two_parts_among_silent_ones(tmp_path, cut):
    request = HEAD + BODY
    with running(tmp_path, most=10) as cloud, contextlib.ExitStack() as stack:

        def connect():
            return stack.enter_context(socket.create_connection(cloud.wire.address, timeout=20))

        def flood():
            silent = [connect() for _ in range(50)]
            assert silent[0].recv(1) == b""  # the oldest was closed

        honest = connect()
        honest.sendall(request[:cut])
        assert cloud.wire.request("GET", "/").status == 404  # so it has been read
        flood()
        honest.sendall(request[cut:])
        received = b""
        while chunk := honest.recv(65536):
            received += chunk
        assert Answer(received).status == 400


def test_a_kept_connection_that_waits_goes_before_a_request(tmp_path):
    with running(tmp_path, most=2) as cloud, contextlib.ExitStack() as stack:
        idle, honest = (
            stack.enter_context(socket.create_connection(cloud.wire.address, timeout=20))
            for _ in range(2)
        )
        idle.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"404" in idle.recv(65536)
        honest.sendall(HEAD)
        assert cloud.wire.request("GET", "/").status == 404
        with contextlib.suppress(ConnectionError):
            while idle.recv(65536):
                pass
        honest.sendall(BODY)
        assert b"400" in honest.recv(65536)


def crowd(guests, steps):
    """Admit guests, each with an address and stage; return the dropped and the admitted ones."""
    left, here = [], []
    for number, (address, stage) in enumerate(steps):
        guest = guests.admit(address, lambda number=number: left.append(number))
        if guest is not None:
            guest.stage = stage
            here.append(number)
    return left, here


def in_a_loop(limits, check):
    async def scenario():
        guests = Guests(limits, asyncio.get_running_loop())
        check(guests)
        guests.clear()

    asyncio.run(scenario())


def test_the_largest_address_loses_first_and_its_oldest():
    steps = [("small", SILENT), ("large", ASKING), ("large", SILENT), ("large", SILENT)]

    def check(guests):
        left, _ = crowd(guests, [*steps, ("new", SILENT), ("new", SILENT)])
        assert left == [2, 3]

    in_a_loop(GuestLimits(most=4), check)


def test_an_address_at_its_limit_loses_its_own_only():
    steps = [("other", SILENT), ("full", SILENT), ("full", LEAVING), ("full", ASKING)]

    def check(guests):
        left, here = crowd(guests, [*steps, *[("full", SERVED)] * 3])
        assert left == [1, 2]
        assert here == [0, 1, 2, 3, 4, 5]  # the last was refused: no guest could be dropped for it

    in_a_loop(GuestLimits(most_by_address=3), check)


def test_a_proxy_is_not_one_address():
    def check(guests):
        left, here = crowd(guests, [("proxy", ASKING)] * 5 + [("a", ASKING)] * 2)
        assert (left, len(here)) == ([], 6)

    in_a_loop(GuestLimits(most=6, most_by_address=1, exempt=frozenset({"proxy"})), check)


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([SILENT, ASKING, SERVED, LEAVING])))
)
def test_no_crowd_exceeds_its_limits_nor_takes_a_request_from_a_small_address(steps):
    def check(guests):
        left, here = crowd(guests, steps)
        staying = [steps[number] for number in here if number not in left]
        assert len(staying) <= 6
        for address in "abcd":
            assert len([it for it in staying if it[0] == address]) <= 3
            # An address with a single connection is let in, and keeps it while it asks.
            own = [number for number, it in enumerate(steps) if it[0] == address]
            if len(own) == 1 and steps[own[0]][1] == ASKING:
                assert own[0] in here
                assert own[0] not in left

    in_a_loop(GuestLimits(most=6, most_by_address=3), check)
