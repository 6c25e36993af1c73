"""Requests of the modem really go out, and their traffic is counted."""

from __future__ import annotations

import socket
import threading

from app.modem.internet import HttpAnswer, Request, Traffic, fetch, in_background
from tests.contract.servers import PATIENCE, http, says

HEADERS = {"User-Agent": "SIMCom_MODULE", "Content-Type": "application/json"}


def request(url: str, body: bytes | None = b"{}", tls: bool = False) -> Request:
    return Request(url, tls, body, HEADERS, 5.0)


def test_a_post(serve):
    server = serve(says(http(404, "text/html", b"no")))
    answer = fetch(request(server.backend + "/x"))
    assert (answer.status, answer.body) == (404, b"no")
    assert answer.head.startswith(b"HTTP/1.1 404 Reason\r\n")
    assert b"\r\nContent-Type: text/html\r\n" in answer.head
    assert answer.head.endswith(b"\r\n\r\n")
    assert server.requests == [b"{}"]
    assert server.heads[0].startswith(b"POST /x HTTP/1.1\r\n")
    assert b"gzip" not in server.heads[0]


def test_a_get(serve):
    server = serve(says(http(200, "", b"yes")))
    assert fetch(request("http://" + server.backend + "/x", None)).body == b"yes"
    assert server.heads[0].startswith(b"GET /x HTTP/1.1\r\n")


def test_tls_is_not_verified(serve, authority):
    server = serve(says(http(200, "", b"yes")), tls=authority.server("elsewhere"))
    assert fetch(request(server.backend + "/x", tls=True)).status == 200


def test_what_fails(serve):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert fetch(request("127.0.0.1:%d/x" % port)).status == 601
    assert fetch(request("nobody.invalid/x")).status in (601, 603)
    assert fetch(request("/x")).status == 603
    clear = serve(lambda conn, server: conn.sendall(http(200, "", b"yes")))
    assert fetch(request(clear.backend + "/x", tls=True)).status == 606
    assert fetch(request(serve(says(b"SSH-2.0\r\n")).backend + "/x")).status == 600


def test_in_the_background(serve):
    server = serve(says(http(200, "", b"yes")))
    done = threading.Event()
    poll = in_background(done.set)(request(server.backend + "/x"))
    assert done.wait(PATIENCE)
    answer = poll()
    assert answer is not None
    assert answer.body == b"yes"


def test_traffic():
    traffic = Traffic()
    assert traffic.summary()["air_per_cycle"] == 0
    air = traffic.count(
        request("cloud/api/v1/apps/management/"), HttpAnswer(200, b"h" * 50, b"b" * 50)
    )
    head = b"POST /api/v1/apps/management/ HTTP/1.1\r\nHost: cloud\r\nUser-Agent: SIMCom_MODULE\r\n"
    head += b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n"
    assert (traffic.up, traffic.down) == (len(head) + 2, 100)
    assert air == traffic.up + 100 + 40 * (8 + 4)
    traffic.count(request("cloud/x", None), HttpAnswer(601))
    summary = traffic.summary()
    assert (summary["requests"], summary["cycles"]) == (2, 1)
    assert summary["air_per_cycle"] == traffic.air
    assert traffic.by_path["/x"]["requests"] == 1
