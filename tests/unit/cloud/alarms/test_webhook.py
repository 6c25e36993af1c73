"""The address of a webhook, its signature, and answers that are none; the mail server's URL."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import socket

import pytest

from app.cloud.alarms import webhook
from app.cloud.alarms.courier import LAST_RETRY_S, retry_s
from app.cloud.alarms.mail import is_address, server_of
from app.cloud.alarms.webhook import Undelivered, WebhookCall, may_reach, shown, sign
from app.cloud.errors import CloudFailure

SECRET = "a secret of 16 or more"
BODY = b'{"events": []}'


@pytest.mark.parametrize(
    ("address", "outside", "inside"),
    [
        ("93.184.216.34", True, True),
        ("2606:2800:220:1::1", True, True),
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("10.0.0.7", False, True),
        ("192.168.1.5", False, True),
        ("100.64.0.1", False, True),
        ("fd00::1", False, True),
        ("::ffff:192.168.1.5", False, True),
        ("64:ff9b::c0a8:105", False, True),
        ("2002:c0a8:105::1", False, True),
        ("169.254.169.254", False, False),
        ("fe80::1%eth0", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("64:ff9b::a9fe:a9fe", False, False),
        ("2002:a9fe:a9fe::1", False, False),
        ("0.0.0.0", False, False),
        ("::", False, False),
        ("224.0.0.1", False, False),
    ],
)
def test_where_a_webhook_may_go(address, outside, inside):
    assert (may_reach(address, False), may_reach(address, True)) == (outside, inside)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/",
        "https://",
        "https://u:p@a.example/",
        "https://a.example:0/",
        "https://a.example:99999/",
        "https://a.example/#x",
        "https://a.example/ x",
        "https://a.example/\r\nX: y",
        "https://ä.example/",
        "https://a.example/" + "x" * 2000,
        "https://[",
    ],
)
def test_urls_of_no_use(url):
    with pytest.raises(ValueError):
        shown(url)


def test_the_path_is_not_shown():
    assert shown("https://a.example:8443/services/T0/hush?token=hush") == "https://a.example:8443"


def test_the_signature_is_as_documented():
    header = sign(SECRET, 1_700_000_000, BODY)
    assert header.startswith("t=1700000000,v1=")
    expected = hmac.new(SECRET.encode(), b"1700000000." + BODY, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(header, f"t=1700000000,v1={expected}")
    assert sign(SECRET, 1_700_000_001, BODY) != header != sign(SECRET + "x", 1_700_000_000, BODY)


def posted(answer: bytes | None, timeout_s: float = 30.0, inside: bool = True, scheme="http"):
    """POST to a server that sends these bytes, or nothing at all; return the bytes that it read."""
    received = []

    async def serve(reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            received.append(await reader.readexactly(1))
            if answer is None:
                await reader.read()
            writer.write(answer or b"")
            await writer.drain()
        writer.close()

    async def scenario():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        hook = WebhookCall(f"{scheme}://127.0.0.1:{port}/x", SECRET, inside)
        try:
            await webhook.post(hook, 1, BODY, timeout_s)
        finally:
            server.close()

    asyncio.run(scenario())
    return received


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\n\r\n", "redirects are not"),
        (b"HTTP/1.1 500 No\r\n\r\n", "it answers 500"),
        (b"nonsense\r\n\r\n", "no HTTP answer"),
        (b"", "closed without an answer|no connection|no HTTP answer"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 40_000, "no HTTP answer"),
    ],
)
def test_an_answer_that_is_none(answer, told):
    with pytest.raises(Undelivered, match=told):
        posted(answer)


def test_any_success_will_do():
    assert posted(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n") == [b"P"]


def test_a_server_that_never_answers():
    with pytest.raises(Undelivered, match="no answer within"):
        posted(None, timeout_s=0.2)


def test_the_own_network_is_not_for_every_owner():
    with pytest.raises(Undelivered, match="only an owner of the whole cloud"):
        posted(b"HTTP/1.1 200 OK\r\n\r\n", inside=False)


def test_a_server_without_tls_is_no_https():
    with pytest.raises(Undelivered, match="no connection"):
        posted(b"HTTP/1.1 200 OK\r\n\r\n", scheme="https")


def test_a_public_address_needs_https(monkeypatch):
    async def found(_loop, name, port, **_more):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", found)
    hook = WebhookCall("http://public.example/", SECRET, True)
    with pytest.raises(Undelivered, match="needs https"):
        asyncio.run(webhook.post(hook, 1, BODY, 5.0))


def test_retries_take_longer_and_longer():
    assert [retry_s(count, lambda: 1.0) for count in (1, 2, 3, 4)] == [5, 10, 20, 40]
    assert retry_s(99, lambda: 1.0) == LAST_RETRY_S
    assert retry_s(1, lambda: 0.0) == 3.75


def test_addresses():
    assert is_address("first.last+tag@mail.example.org")
    for text in ("", "a", "@b", "a@", "a b@c", "a@b\r\nBcc: x@y", "a@b,c@d", "x@" + "y" * 260):
        assert not is_address(text)


@pytest.mark.parametrize(
    ("url", "sender", "password", "told"),
    [
        ("http://mail", "a@b", "", "names no mail server"),
        ("smtp://", "a@b", "", "names no mail server"),
        ("smtp://u:hush@h:99999", "a@b", "", "names no mail server"),
        ("smtp://u:hush@h", "a@b", "", "must not hold a password"),
        ("smtp://h", "", "", "Give --mail-from"),
        ("smtp://u@h", "a@b", "", "Give both a user"),
        ("smtp://h", "a@b", "hush", "Give both a user"),
    ],
)
def test_mail_servers_of_no_use(url, sender, password, told):
    with pytest.raises(CloudFailure, match=told) as caught:
        server_of(url, sender, password)
    assert "hush" not in str(caught.value)


def test_mail_servers():
    it = server_of("smtps://user%40x@mail.example.org", "a@b.example", "hush")
    assert (it.host, it.port, it.secure, it.user) == ("mail.example.org", 465, True, "user@x")
    assert "hush" not in repr(it)
    assert server_of("smtp://localhost:2525", "a@b.example", "").local
    assert not server_of("smtp://mail", "a@b.example", "").local
