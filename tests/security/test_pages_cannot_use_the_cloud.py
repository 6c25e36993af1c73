"""A web page in the owner's browser cannot use the local cloud; Things need nothing additional."""

from __future__ import annotations

import json

import pytest

from app.cloud.certificates import make_certificate
from app.cloud.cli.parser import parser
from app.cloud.errors import CloudFailure
from app.cloud.hosts import Hosts, names_of
from tests.unit.cloud.conftest import running

FORM = "application/x-www-form-urlencoded"


def ask(wire, path, *headers, body=b"", kind=FORM):
    """Send a POST with these headers, each `name: value`, without Host unless one is given."""
    lines = [f"POST {path} HTTP/1.0", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return wire.send("\r\n".join([*lines, *headers, "", ""]).encode("latin-1") + body)


def register(wire, aid, *headers):
    return ask(
        wire, "/api/v1/things/register/", *headers, body=f"tid=page-{aid[:8]}&aid={aid}".encode()
    )


def test_a_form_of_another_site(cloud, wire, aid):
    for origin in ("http://evil.example", "https://127.0.0.1", "null", "file://", "", "http://"):
        answer = register(wire, aid, "Host: 127.0.0.1:8000", f"Origin: {origin}")
        assert (answer.status, answer.header("Connection")) == (403, "close")
        assert "another site" in answer.json()
    assert f"page-{aid[:8]}" not in [row["tid"] for row in cloud.admin.things()]


def test_a_name_that_was_led_to_our_address(cloud, wire, aid):
    names = ["evil.example", "EVIL.example:8000", "evil.example.", "127.0.0.1.evil.example"]
    names += ["[::1].evil.example", "a@127.0.0.1", "127.1", "0x7f.0.0.1", "evil.localhost.example"]
    for name in names:
        for origin in ([], [f"Origin: http://{name}"]):
            answer = register(wire, aid, f"Host: {name}", *origin)
            assert answer.status in (400, 421), name
    assert "--public-url http://evil.example" in register(wire, aid, "Host: evil.example").json()
    assert f"page-{aid[:8]}" not in [row["tid"] for row in cloud.admin.things()]


def test_the_management_api_neither(cloud):
    token = (cloud.data / "admin.token").read_text()
    own = f"Authorization: Bearer {token}"
    for header in ("Host: evil.example", "Origin: http://evil.example"):
        answer = ask(cloud.wire, "/api/manage/v1/apps", own, header, body=b'{"name": "x"}')
        assert answer.status in (403, 421)
        assert answer.json()["status"] == answer.status


def test_the_web_api_neither(cloud):
    path = "/api/web/v1/msg/management/new"
    assert ask(cloud.wire, path, body=b"{}", kind="application/json").status == 401
    for header in ("Host: evil.example", "Origin: http://evil.example"):
        assert ask(cloud.wire, path, header, body=b"{}").status in (403, 421)


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1:8000", "[::1]:8000", "192.168.1.5", "203.0.113.9", "[fe80::1%25eth0]"]
    + ["raspberrypi", "RASPBERRYPI.local", "cloud.home.arpa:80", "a.localhost", "c.internal", ""],
)
def test_what_things_and_owners_call_it(wire, aid, host):
    assert register(wire, aid, f"Host: {host}").status == 200
    if host:
        # Its own page may send requests under every such name.
        assert register(wire, aid, f"Host: {host}", f"Origin: http://{host}").status == 200
    assert register(wire, aid).status == 200  # HTTP/1.0 needs no Host


def test_a_public_name(tmp_path):
    with running(tmp_path, public_urls=["https://Cloud.example.org:8443"]) as cloud:
        aid = cloud.admin.create_app("Public")
        for host in ("cloud.example.org:8443", "cloud.example.org", "cloud.example.org:80"):
            assert register(cloud.wire, aid, f"Host: {host}").status == 200
        origin = "Origin: https://cloud.example.org:8443"
        assert register(cloud.wire, aid, "Host: backend:8000", origin).status == 200
        assert register(cloud.wire, aid, "Host: x.cloud.example.org").status == 421


def test_the_names_of_the_certificate_that_was_given(tmp_path):
    certificate = make_certificate(tmp_path, "cloud.example.org", ["*.things.example.org"])
    assert certificate.path
    hosts = Hosts(names=names_of(certificate.path))
    assert hosts.refusal("cloud.example.org", None) is None
    assert hosts.refusal("a.things.example.org:443", None) is None
    assert hosts.refusal("example.org", None) is not None
    assert hosts.refusal("b.a.things.example.org", None) is not None
    assert names_of(tmp_path / "none") == []


@pytest.mark.parametrize("url", ["cloud.example.org", "ftp://c.example", "https://", "http://c/d"])
def test_a_public_url_that_is_none(url):
    with pytest.raises(CloudFailure, match="Give one like"):
        Hosts([url])


def test_the_option(tmp_path):
    given = ["--public-url", "https://a.example", "--public-url", "http://b.example"]
    args = parser().parse_args(["serve", *given])
    assert args.public_url == ["https://a.example", "http://b.example"]


def test_json_is_refused_alike(wire, aid):
    body = json.dumps({"tid": "page", "aid": aid}).encode()
    answer = ask(
        wire, "/api/v1/things/register/", "Origin: http://x.y", body=body, kind="application/json"
    )
    assert answer.status == 403
