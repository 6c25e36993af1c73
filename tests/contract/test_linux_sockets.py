"""The common parts of the network adapters of Linux: names, routes, connections, TLS."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
import time
from typing import Any, Callable

import pytest

from adapters.linux import sockets
from adapters.linux.link import LinuxLink
from adapters.linux.stream import LinuxStream
from domain.errors import LinkError
from tests.contract import check_link, check_link_probe, check_stream
from tests.contract.servers import PATIENCE, Authority, Server, end, reset


def code(call: Callable[[], object]) -> str:
    """Return the code of the LinkError that the call raises."""
    with pytest.raises(LinkError) as caught:
        call()
    assert len(caught.value.text) > 10
    return caught.value.code


@pytest.fixture
def closed_port() -> int:
    """Return a TCP port without a listener."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


# names and routes


def test_resolves_addresses_and_names() -> None:
    assert (socket.AF_INET, ("127.0.0.1", 80)) in sockets.resolve("localhost", 80, 5)
    assert sockets.resolve("::1", 80, 5)[0][0] == socket.AF_INET6


@pytest.mark.parametrize("online", [True, False])
@pytest.mark.parametrize("fault", [socket.gaierror(-2, "unknown"), UnicodeError("long"), None])
def test_what_does_not_resolve(fault, online, monkeypatch) -> None:
    """Without a network no name resolves: then the error names the network."""
    monkeypatch.setattr(sockets, "online", lambda: online)
    done = threading.Event()

    def getaddrinfo(*args: Any, **kwargs: Any) -> Any:
        if fault:
            raise fault
        done.wait(PATIENCE)
        return []

    wanted = "a.example has no address: " if online else "no network - connect this machine to one"
    with pytest.raises(LinkError, match=wanted) as caught:
        sockets.resolve("a.example", 80, 0.05, getaddrinfo)
    assert caught.value.code == ("no_address" if online else "no_link")
    done.set()


def test_an_impossible_name() -> None:
    assert code(lambda: sockets.resolve("x" * 300, 80, 5)) in ("no_address", "no_link")


def test_routes() -> None:
    assert sockets.route((socket.AF_INET, ("127.0.0.1", 80))) == "127.0.0.1"
    assert sockets.route((socket.AF_INET, ("255.255.255.255", 80))) == ""  # EACCES
    assert isinstance(sockets.online(), bool)


# link


def link(fault: str) -> LinuxLink:
    def resolve(*args: Any) -> list[sockets.Address]:
        if fault == "no_address":
            raise LinkError(fault, "as told by the test")
        return [(socket.AF_INET6, ("unroutable", 1)), (socket.AF_INET, ("127.0.0.1", 1))]

    def route(address: sockets.Address) -> str:
        return "127.0.0.1" if address[0] == socket.AF_INET and not fault else ""

    return LinuxLink(resolve, route)


@pytest.mark.parametrize("check", check_link.CHECKS, ids=lambda check: check.__name__)
def test_link_contract(check) -> None:
    check(link)
    check(lambda fault: link(fault) if fault else LinuxLink())


@pytest.mark.parametrize("check", check_link_probe.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("fault", ["no_link", "no_address"])
def test_seeker_contract(check, fault) -> None:
    def make(there: bool) -> Any:
        way = ["127.0.0.1" if there else ""]

        def change(there: bool) -> None:
            way[0] = "127.0.0.1" if there else ""

        def resolve(*args: Any) -> list[sockets.Address]:
            if fault == "no_address" and not way[0]:
                raise LinkError(fault, "as told by the test")
            return [(socket.AF_INET, ("127.0.0.1", 1))]

        made = LinuxLink(resolve, lambda _: way[0])
        return made, made, change

    check(make)


def test_link_tells_our_address() -> None:
    made = LinuxLink()
    made.up("localhost")
    assert made.status() == {"kind": "host", "up": True, "address": "127.0.0.1"}


def test_link_notices_when_the_network_goes() -> None:
    routes = ["10.0.0.2", ""]
    made = LinuxLink(lambda *args: [(socket.AF_INET, ("10.0.0.1", 1))], lambda _: routes.pop(0))
    made.up("host")
    assert made.status() == {"kind": "host", "up": False}


# stream


def sends(*incoming: Any) -> Callable[[socket.socket, Server], None]:
    def handler(conn: socket.socket, server: Server) -> None:
        for piece in incoming:
            if isinstance(piece, str):
                if piece == "cut":
                    conn.recv(1)
                end(conn, server, {"cut": "reset", "timeout": "hang"}[piece])
                return
            conn.sendall(piece)
        conn.shutdown(socket.SHUT_WR)
        while True:
            data = conn.recv(65536)
            if not data:
                return
            server.receive(data)

    return handler


@pytest.mark.parametrize("check", check_stream.CHECKS, ids=lambda check: check.__name__)
def test_stream_contract(check, serve, stack) -> None:
    def make(*incoming: Any):
        server = serve(sends(*incoming))
        stream = LinuxStream()
        stack.callback(stream.close)
        return stream, server.host, server.port, server.written

    check(make)


def test_stream_over_tls(serve, authority: Authority) -> None:
    def echo(conn: socket.socket, server: Server) -> None:
        conn.sendall(conn.recv(100))
        conn.unwrap()  # type: ignore[attr-defined]

    server = serve(echo, tls=authority.server("localhost"))
    stream = LinuxStream(authority.ca)
    stream.connect("localhost", server.port, True, 5000)
    stream.write(b"hello", 5000)
    assert stream.read(100, 5000) == b"hello"
    assert stream.read(100, 5000) == b""
    stream.close()


def test_stream_errors_on_connecting(closed_port) -> None:
    stream = LinuxStream()
    assert code(lambda: stream.connect("127.0.0.1", closed_port, False, 5000)) == "refused"
    assert code(lambda: stream.connect("x.invalid", 80, False, 50)) in ("no_address", "no_link")
    stream.close()


def test_stream_write_is_bounded(serve) -> None:
    """A write to a side that reads nothing ends with a timeout."""
    server = serve(lambda conn, server: end(conn, server, "hang"))
    stream = LinuxStream()
    stream.connect(server.host, server.port, False, 5000)
    began = time.monotonic()
    assert code(lambda: stream.write(bytes(50_000_000), 100)) == "timeout"
    assert code(lambda: stream.write(b"x", 0)) == "timeout"
    assert time.monotonic() - began < 5
    stream.close()


def hears_and_resets(conn: socket.socket, server: Server) -> None:
    conn.recv(1)
    reset(conn)


def test_stream_write_to_nobody(serve) -> None:
    server = serve(hears_and_resets)
    stream = LinuxStream()
    stream.connect(server.host, server.port, False, 5000)
    with pytest.raises(LinkError, match="the connection to .* broke off: ") as caught:
        stream.write(bytes(100_000_000), 5000)
    assert caught.value.code == "cut"
    stream.close()


def tls_code(port: int, ca: str | None, limit_ms: int = 5000, host: str = "localhost") -> str:
    stream = LinuxStream(ca)
    found = code(lambda: stream.connect(host, port, True, limit_ms))
    stream.close()
    return found


@pytest.mark.parametrize(
    ("days", "reason"),
    [(4000, "certificate is not yet valid"), (-9000, "certificate has expired")],
)
def test_a_date_that_does_not_fit_speaks_of_the_clock(
    days, reason, serve, tmp_path, monkeypatch
) -> None:
    class Shifted(datetime.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Shifted:
            return super().now(tz) + datetime.timedelta(days)

    # cryptography keeps the type `datetime` as it is when a certificate is first made.
    Authority(tmp_path / "first")
    with monkeypatch.context() as patched:
        patched.setattr("app.cloud.certificates.datetime.datetime", Shifted)
        authority = Authority(tmp_path / "authority")
        context = authority.server("127.0.0.1")
    server = serve(sends(), tls=context)
    with pytest.raises(LinkError) as caught:
        LinuxStream(authority.ca).connect("127.0.0.1", server.port, True, PATIENCE * 1000)
    assert caught.value.code == "tls"
    assert reason in caught.value.text
    assert "the clock of this machine, which says 20" in caught.value.text
    assert "--ca" not in caught.value.text


def test_untrusted_certificates(serve, authority: Authority, tmp_path) -> None:
    another = Authority(tmp_path)
    good = serve(lambda conn, server: None, tls=authority.server("localhost"))
    assert tls_code(good.port, another.ca) == "tls"  # certificate of another authority
    assert tls_code(good.port, None) == "tls"  # of no public authority
    assert tls_code(good.port, authority.ca, host="127.0.0.1") == "tls"  # for another host
    selfish = serve(lambda conn, server: None, tls=authority.server("localhost", self_signed=True))
    assert tls_code(selfish.port, authority.ca) == "tls"


def test_authorities_that_are_none(tmp_path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    assert tls_code(1, str(empty)) == "tls"
    assert tls_code(1, str(tmp_path / "missing.pem")) == "tls"


@pytest.mark.parametrize(
    ("handler", "wanted"),
    [
        (lambda conn, server: conn.sendall(b"HTTP/1.0 400 Bad\r\n\r\n"), "tls"),
        (lambda conn, server: conn.close(), "tls"),
        (hears_and_resets, "tls"),
        (lambda conn, server: end(conn, server, "hang"), "timeout"),
    ],
)
def test_what_speaks_no_tls(handler, wanted, serve, authority) -> None:
    assert tls_code(serve(handler).port, authority.ca, 300) == wanted


def test_no_old_tls_and_no_unverified(authority: Authority) -> None:
    assert sockets.tls_context(authority.ca).minimum_version == ssl.TLSVersion.TLSv1_2
    assert sockets.tls_context(None).verify_mode == ssl.CERT_REQUIRED
    assert sockets.tls_context(None).check_hostname
