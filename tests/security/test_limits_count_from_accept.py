"""A connection's time begins when it is accepted, and no client's connections shut others out."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import resource
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from app.cloud.door import Door
from app.cloud.guests import GuestLimits, Guests, address_of
from app.cloud.log import SparseHandler
from tests.patience import PATIENCE_S
from tests.unit.cloud.conftest import running
from tests.unit.cloud.wire import Wire

ROOT = Path(__file__).resolve().parents[2]
ASK = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def connect(address, source="127.0.0.1"):
    return socket.create_connection(address, timeout=PATIENCE_S, source_address=(source, 0))


def arrive(guests, address, leave):
    guest = guests.admit(address, leave)
    assert guest is not None
    return guest


def lost(connection):
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def ask_over_tls(cloud):
    context = ssl.create_default_context(cafile=str(cloud.ready.ca))
    with contextlib.ExitStack() as stack:
        raw = stack.enter_context(connect(cloud.wire.address))
        over = stack.enter_context(context.wrap_socket(raw, server_hostname="127.0.0.1"))
        over.sendall(ASK)
        return over.recv(65536)


@pytest.mark.parametrize("said", [b"", b"\x16", b"\x16\x03\x01\x02\x00" + b"\x01"])
def test_a_handshake_that_does_not_end(tmp_path, said):
    # The time limit for a request is long; the one for a handshake ends the connection.
    with running(tmp_path, tls=True, request_s=600, handshake_s=0.3) as cloud:
        with connect(cloud.wire.address) as connection:
            connection.sendall(said)
            assert lost(connection)
        assert b"404" in ask_over_tls(cloud)


def test_those_that_say_nothing_before_tls_shut_nobody_out(tmp_path):
    with (
        running(tmp_path, tls=True, most=20, most_by_address=15) as cloud,
        contextlib.ExitStack() as stack,
    ):
        silent = [stack.enter_context(connect(cloud.wire.address)) for _ in range(60)]
        assert b"404" in ask_over_tls(cloud)
        assert all(lost(connection) for connection in silent[: 60 - 15])


def test_many_addresses_shut_nobody_out_either(tmp_path):
    with running(tmp_path, most=20, most_by_address=5) as cloud, contextlib.ExitStack() as stack:
        for number in range(60):
            half = connect(cloud.wire.address, f"127.0.1.{1 + number % 10}")
            stack.enter_context(half).sendall(b"GET /")
        assert cloud.wire.request("GET", "/").status == 404


def test_an_answer_that_is_not_taken_has_a_limit():
    async def scenario():
        guests = Guests(GuestLimits(answer_s=0.01), asyncio.get_running_loop())
        left = asyncio.Event()
        guest = arrive(guests, "a", left.set)
        guest.is_served()
        await asyncio.wait_for(left.wait(), 20)

    asyncio.run(scenario())


def test_the_head_of_a_request_is_bounded(cloud):
    answer = cloud.wire.send(b"GET /?%s HTTP/1.1\r\nHost: localhost\r\n" % (b"x" * 16384))
    assert answer.status == 400


class Exhausted(socket.socket):
    """A listener that fails to accept the first `times`, as if out of file descriptors."""

    times = 2

    def accept(self):
        if self.times:
            self.times -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


def nobody():
    raise AssertionError("who says nothing is not spoken to")


def test_without_files_the_listener_pauses_and_then_goes_on():
    async def scenario():
        loop = asyncio.get_running_loop()
        guests = Guests(GuestLimits(), loop)
        dropped: list[str] = []
        arrive(guests, "silent", lambda: dropped.append("silent"))
        arrive(guests, "asking", lambda: dropped.append("asking")).asks()
        with Exhausted() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            door = Door(listener, guests, nobody, None)
            door.open()
            with socket.create_connection(listener.getsockname()) as client:
                client.setblocking(False)
                # It is let in after the silent guest was dropped; the request stays.
                while listener.times or len(guests) < 2:
                    await asyncio.sleep(0)
                assert dropped == ["silent"]
                door.close()
                door.clear()
                assert await loop.sock_recv(client, 1) == b""
                assert dropped == ["silent", "asking"]

    asyncio.run(scenario())


def test_a_process_that_may_open_few_files_answers_and_logs_little(tmp_path):
    code = "import sys; from app.cli.cloud import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "--port", "0", "--data", str(tmp_path), "--json"]
    few = (80, 80)
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, few),
        ) as child,
    ):
        try:
            assert child.stdout
            url = child.stdout.readline().split('"url": "')[1].split('"')[0]
            wire = Wire(url)
            with contextlib.ExitStack() as stack:
                for _ in range(150):
                    stack.enter_context(connect(wire.address))
                assert wire.request("GET", "/").status == 404
        finally:
            child.terminate()
            child.wait(PATIENCE_S)
    assert (tmp_path / "log").stat().st_size < 4096


def test_a_log_line_is_said_once_with_a_count():
    said: list[str] = []
    log = logging.Logger("test")
    handler = SparseHandler(said.append)
    log.addHandler(handler)
    for number in range(1000):
        log.warning("cannot accept: %s", number)
        log.error("Task failed\n<Task %d>" % number)
    for number in range(1000):
        log.warning(f"a Thing says {number}")
    assert said[:2] == ["cannot accept: 0", "Task failed\n<Task 0>"]
    assert len(said) == 20
    handler.close()
    assert said[20:23] == [
        "999 more in 60 s of: cannot accept: %s",
        "999 more in 60 s of: Task failed",
        "982 more in 60 s of: other notices",
    ]
    assert len(said) == 23


def test_an_ipv6_network_is_one_address():
    assert address_of("127.0.0.1") == address_of("::ffff:127.0.0.1") == "127.0.0.1"
    assert address_of("fe80::1%eth0") == address_of("fe80::2") == "fe80::/64"
    assert address_of("2001:db8:0:1::1") != address_of("2001:db8:0:2::1")
