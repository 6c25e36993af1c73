"""Bytes in, bytes out: the API's treatment of HTTP itself."""

import json
import socket
from email.utils import parsedate_to_datetime

import pytest

from tests.patience import PATIENCE_S
from tests.unit.cloud.conftest import running
from tests.unit.cloud.wire import NO_TOKEN, TROUBLE, Answer, Wire

PLAIN = ["Date", "Server", "Content-Type", "Vary", "Allow", "X-Frame-Options", "Content-Length"]


def names(answer):
    return [name for name, _ in answer.headers if name not in ("Connection", "connection")]


def test_a_recorded_register(wire, aid):
    body = json.dumps({"tid": "T-" + aid[:8], "aid": aid, "pool": "development"}).encode()
    answer = wire.send(
        b"POST /api/v1/things/register/ HTTP/1.0\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    assert answer.line == "HTTP/1.1 200 OK"
    assert names(answer) == PLAIN
    assert answer.header("Content-Type") == "application/json"
    assert answer.header("Vary") == "Accept, Cookie"
    assert answer.header("Allow") == "GET, POST, HEAD, OPTIONS"
    assert answer.header("X-Frame-Options") == "SAMEORIGIN"
    assert answer.header("Server") == "PythingsCloud"
    assert answer.header("Content-Length") == "67" == str(len(answer.body))
    assert parsedate_to_datetime(answer.header("Date")).year >= 2020
    token, epoch = answer.json()["token"], answer.json()["epoch"]
    assert answer.body == b'{"token":"%s","epoch":%d}' % (token.encode(), epoch)


def test_connections_are_kept_unless_told_otherwise(wire, thing):
    body = json.dumps({"token": thing.token}).encode()
    request = (
        b"POST /api/v1/apps/management/ HTTP/1.1\r\nHost: c\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    with socket.create_connection(wire.address, timeout=PATIENCE_S) as connection:
        for _ in range(2):
            connection.sendall(request)
            raw = connection.recv(65536)
            while len(Answer(raw).body) < int(Answer(raw).header("Content-Length") or "1"):
                raw += connection.recv(65536)
            assert Answer(raw).status == 200
            assert "onnection" not in Answer(raw).line + str(Answer(raw).headers)
            assert len(raw) <= 451


def test_closing_each_connection(tmp_path):
    with running(tmp_path, close=True) as cloud:
        body = b'{"tid": "T", "aid": "%s"}' % cloud.admin.account_id().encode()
        answer = cloud.wire.send(
            b"POST /api/v1/things/register/ HTTP/1.1\r\nHost: c\r\n"
            b"Content-Type: application/json\r\nConnection: keep-alive\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        assert answer.line == "HTTP/1.1 200 OK"
        assert names(answer) == PLAIN
        assert [value for name, value in answer.headers if name == "Connection"] == ["close"]
        # One that closes already does not say so twice.
        answer = cloud.wire.request("POST", "/api/v1/apps/worker/", b"{")
        assert [value for name, value in answer.headers if name == "Connection"] == ["close"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", "application/json"),
        (b'{"token": NaN}', "application/json"),
        (b'{"token": 1e999}', "application/json"),
        (b'{"token": "\xff"}', "application/json"),
        (b'\xef\xbb\xbf{"a": 1}', "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"1" * 5000, "application/json"),
        (b"null", "application/json"),
        (b"1", "application/json"),
        (b"true", "application/json"),
        (b'{"token": "x"}', "text/plain"),
        (b'{"token": "x"}', ""),
        (b'{"token": "x"}', "multipart/form-data; boundary=x"),
    ],
)
def test_a_body_that_cannot_be_read(wire, body, kind):
    answer = wire.request("POST", "/api/v1/apps/management/", body, kind)
    assert (answer.status, answer.body) == (400, b'"Wrong data format"')
    assert answer.header("Content-Type") == "application/json"


@pytest.mark.parametrize("body", [b"[]", b'["token"]', b'"token"'])
def test_json_that_is_no_object(wire, body):
    answer = wire.request("POST", "/api/v1/apps/management/", body)
    assert (answer.status, answer.body) == (500, TROUBLE)
    assert len(answer.body) == 95 + 2 - 2


def test_a_length_that_cuts_the_json_closes_the_connection(wire):
    answer = wire.send(
        b"POST /api/v1/apps/management/ HTTP/1.1\r\nHost: c\r\nContent-Type: application/json\r\n"
        b'Content-Length: 5\r\n\r\n{"token": "x"}'
    )
    assert (answer.status, answer.body) == (400, b'"Wrong data format"')


def test_forms_are_read(wire, aid):
    form = "application/x-www-form-urlencoded"
    answer = wire.request("POST", "/api/v1/things/register/", f"tid=F+1&aid={aid}".encode(), form)
    token = answer.json()["token"]
    answer = wire.request("POST", "/api/v1/apps/management", f"token={token}".encode(), form)
    assert answer.json()["settings"]["pool"] == "development"
    answer = wire.request("POST", "/api/v1/apps/management", b"token=x&encrypted=1", form)
    assert (answer.status, answer.body) == (500, TROUBLE)


def test_json_with_a_charset(wire):
    answer = wire.request(
        "POST", "/api/v1/apps/management/", b"{}", "Application/JSON; charset=utf-8"
    )
    assert (answer.status, answer.json()) == (400, NO_TOKEN)


def test_a_chunked_body_counts_as_none(wire):
    answer = wire.send(
        b"POST /api/v1/apps/management/ HTTP/1.1\r\nHost: c\r\nContent-Type: application/json\r\n"
        b'Connection: close\r\nTransfer-Encoding: chunked\r\n\r\ne\r\n{"token": "x"}\r\n0\r\n\r\n'
    )
    assert (answer.status, answer.json()) == (400, NO_TOKEN)


def test_a_body_over_the_bound_is_not_read(wire):
    answer = wire.send(
        b"POST /api/v1/apps/worker/ HTTP/1.1\r\nHost: c\r\nContent-Type: application/json\r\n"
        b"Content-Length: 1048577\r\n\r\n"
    )
    assert answer.status == 413
    assert "1048576 bytes" in answer.json()


def test_a_client_that_leaves_before_its_body_is_there(wire, thing):
    with socket.create_connection(wire.address, timeout=PATIENCE_S) as connection:
        connection.sendall(b"POST /api/v1/apps/worker/ HTTP/1.1\r\nHost: c\r\n")
        connection.sendall(b"Content-Length: 10\r\n\r\n{")
    assert "settings" in thing.management()


@pytest.mark.parametrize("name", ["things/preregister", "things/register", "time/epoch_s"])
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_paths_that_need_their_slash(wire, method, name):
    answer = wire.request(method, f"/api/v1/{name}?a=b", b"{}")
    assert (answer.status, answer.body) == (301, b"")
    assert answer.header("Location") == f"/api/v1/{name}/?a=b"
    assert answer.header("Content-Length") == "0"
    assert wire.request(method, f"/api/v1/{name}").header("Location") == f"/api/v1/{name}/"


@pytest.mark.parametrize("end", ["", "/", "/more", "XYZ"])
@pytest.mark.parametrize("name", ["apps/management", "apps/worker", "apps/get", "pythings/get"])
def test_paths_matched_by_their_beginning(wire, name, end):
    answer = wire.post(name + end, {})
    assert (answer.status, answer.json()) == (400, NO_TOKEN)


@pytest.mark.parametrize(
    "path", ["/", "/api/v1/", "/api/v1/things/register/x", "/admin", "/%3Cb%3E%0A", "/api/v2/x"]
)
def test_unknown_paths(wire, path):
    answer = wire.request("POST", path, b"{}")
    assert answer.status == 404
    assert answer.body.startswith(b"<h1>Not Found</h1>")
    assert b"<b>" not in answer.body
    assert answer.header("Content-Type") == "text/html"


def test_the_time_api_is_broken(wire):
    for method in ("GET", "POST"):
        answer = wire.request(method, "/api/v1/time/epoch_s/")
        assert (answer.status, answer.body) == (500, TROUBLE)
        assert answer.header("Content-Type") == "application/json"
    assert wire.request("POST", "/api/v1/time/epoch_s/", b"{").status == 400


def test_get_where_nothing_answers_it(wire):
    answer = wire.request("GET", "/api/v1/apps/management/?token=x")
    assert (answer.status, answer.body) == (500, TROUBLE)


def test_other_methods(wire):
    head = wire.request("HEAD", "/api/v1/time/epoch_s/")
    assert (head.status, head.body, head.header("Content-Length")) == (500, b"", str(len(TROUBLE)))
    assert wire.request("OPTIONS", "/api/v1/apps/worker/").status == 200
    answer = wire.request("PUT", "/api/v1/apps/worker/")
    assert (answer.status, answer.json()) == (405, {"detail": 'Method "PUT" not allowed.'})


def test_a_host_header_of_nonsense(wire):
    answer = wire.send(b"GET /api/v1/things/register HTTP/1.0\r\nHost: [\r\n\r\n")
    assert answer.status == 301


def test_what_is_not_http(wire, thing):
    assert wire.send(b"\x16\x03\x01\x02\x00\x01\r\n\r\n").status == 400
    assert "settings" in thing.management()


def test_text_that_is_not_unicode(wire):
    # A half of a surrogate pair is JSON, and cannot be stored nor sent.
    answer = wire.request(
        "POST", "/api/v1/things/register/", b'{"tid": "\\ud800", "aid": "nobody"}'
    )
    assert (answer.status, answer.body) == (500, TROUBLE)
    answer = wire.request("POST", "/api/v1/things/register/", b'{"tid": "a", "aid": "\\ud800"}')
    assert (answer.status, answer.body) == (500, TROUBLE)


def test_ipv6(tmp_path):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    with running(tmp_path, host="::1") as cloud:
        assert cloud.ready.url.startswith("http://[::1]:")
        assert Wire(cloud.ready.url).request("GET", "/").status == 404
        assert cloud.admin.apps() == []
