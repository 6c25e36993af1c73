"""TLS on a Linux machine with an unset clock: a time server is asked first."""

from __future__ import annotations

import datetime as real
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from adapters.linux import ntp, stream
from adapters.linux.stream import LinuxStream
from app.cloud import certificates
from app.simulator import timeserver
from domain.errors import LinkError
from tests.contract.servers import Authority, says

UNSET = 1_577_836_800  # 2020-01-01
LATER = 2_051_222_400  # 2035-01-01


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set this machine's clock to 2020 for Python; OpenSSL still sees the real one."""
    clock = SimpleNamespace(time=lambda: UNSET, monotonic=time.monotonic)
    monkeypatch.setattr(ntp, "time", clock)
    monkeypatch.setattr(stream, "time", clock)


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Yield a function that starts a time server with the given time and returns its address."""
    made = []

    def make(now: float) -> str:
        monkeypatch.setattr(timeserver, "time", SimpleNamespace(time=lambda: now))
        made.append(timeserver.TimeServer())
        return "127.0.0.1:%d" % made[-1].port

    yield make
    for server in made:
        server.close()


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """Return an authority with certificates from 2034 on: by OpenSSL's clock none is valid."""

    class Then(real.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return real.datetime.fromtimestamp(LATER, tz)

    shim = SimpleNamespace(datetime=Then, timedelta=real.timedelta, timezone=real.timezone)
    monkeypatch.setattr(certificates, "datetime", shim)
    return Authority(tmp_path)


def said(server: Any, authority: Authority, time_server: str) -> str:
    """Return the error of a TLS connection as text, "" for success."""
    made = LinuxStream(authority.ca, time_server)
    try:
        made.connect("localhost", server.port, True, 5000)
    except LinkError as error:
        return error.text
    finally:
        made.close()
    return ""


def test_what_is_valid_by_the_time_server_is_taken(unset, servers, later, serve):
    server = serve(says(b"x"), tls=later.server("localhost"))
    assert said(server, later, servers(LATER + 1000)) == ""


def test_what_is_not_valid_then_is_refused(unset, servers, later, serve):
    context = later.server("localhost")
    early = said(serve(says(b"x"), tls=context), later, servers(LATER - 10 * 86400))
    assert "is not yet valid by the clock of a time server, which says 2034-12-22" in early
    late = said(serve(says(b"x"), tls=context), later, servers(LATER + 1_000_000_000))
    assert "has expired by the clock of a time server, which says 2066" in late


def test_without_an_answer_the_machines_own_clock_counts(unset, servers, later, serve):
    server = serve(says(b"x"), tls=later.server("localhost"))
    assert "by the clock of this machine" in said(server, later, "")


def test_a_clock_that_is_set_asks_nobody(servers, later, serve):
    server = serve(says(b"x"), tls=later.server("localhost"))
    assert "by the clock of this machine" in said(server, later, servers(LATER))


def test_another_authority_is_still_none(unset, servers, later, serve):
    server = serve(says(b"x"), tls=later.server("localhost", self_signed=True))
    assert "is not trusted" in said(server, later, servers(LATER))


@pytest.mark.parametrize(
    ("at", "value"),
    [(0, 0xE4), (0, 0x23), (1, 0), (1, 16), (24, 0), (40, 0x80)],
    ids=["not set", "no server", "kiss of death", "stratum", "another query", "before 2024"],
)
def test_answers_that_are_not_believed(at: int, value: int):
    cookie = b"\x01" * 8
    answer = bytearray(timeserver.answer(bytes(40) + cookie, LATER))
    assert ntp._read(bytes(answer), cookie) == LATER
    answer[at] = value
    assert ntp._read(bytes(answer), cookie) is None
    assert ntp._read(bytes(answer[:47]), cookie) is None


@pytest.mark.parametrize("where", ["", "127.0.0.1:x", "127.0.0.1:1", "no.such.host.invalid"])
def test_servers_that_are_none(where: str):
    assert ntp.ask(where) is None
