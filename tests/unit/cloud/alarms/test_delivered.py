"""Alarms of a running cloud, by a real mail server and a real HTTP receiver: once per change, and
none is lost when the cloud ends."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.server
import json
import threading
import time
from email import message_from_bytes

import pytest

from app.cloud.alarms.mail import server_of
from tests.patience import PATIENCE_S, until
from tests.unit.cloud.conftest import running
from tests.unit.cloud.wire import Thing

pytestmark = pytest.mark.slow

KEY = "a secret of this webhook"
PASSWORD = "correct horse"


class Receiver(http.server.ThreadingHTTPServer):
    """An HTTP receiver: it keeps all requests, and answers with `status`; -1 for nothing."""

    daemon_threads = True

    def __init__(self, handler) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.got: list[tuple[str, bytes]] = []
        self.status = 200
        self.end = threading.Event()


@pytest.fixture
def hook():
    """Run a receiver."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.got.append((self.headers["Pythings-Signature"], body))
            if server.status < 0:
                server.end.wait(PATIENCE_S)
                return
            self.send_response(server.status)
            self.end_headers()

        def log_message(self, *_arguments):
            pass

    with Receiver(Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.end.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def mailbox():
    """Run a mail server for one user; yield its port and the mail that it has taken."""
    smtp = pytest.importorskip("aiosmtpd.smtp")
    got = []

    class Box:
        async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
            assert session.authenticated
            got.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
            return "250 OK"

    def known(_server, _session, _envelope, _mechanism, given):
        return smtp.AuthResult(success=given.password == PASSWORD.encode())

    loop = asyncio.new_event_loop()
    made = {"authenticator": known, "auth_required": True, "auth_require_tls": False}
    server = loop.run_until_complete(
        loop.create_server(lambda: smtp.SMTP(Box(), loop=loop, **made), "127.0.0.1", 0)
    )
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield server.sockets[0].getsockname()[1], got
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Look and deliver often."""
    monkeypatch.setattr("app.cloud.alarms.watch.EVERY_S", 0.05)
    monkeypatch.setattr("app.cloud.alarms.courier.EVERY_S", 0.05)
    monkeypatch.setattr("app.cloud.alarms.courier.FIRST_RETRY_S", 0.2)


def url(hook):
    return f"http://127.0.0.1:{hook.server_port}/alarms?token=hush"


def checked(hook):
    """Return the events that the receiver was sent, once each signature was checked."""
    events = []
    for header, body in hook.got:
        at, _, signature = header.removeprefix("t=").partition(",v1=")
        expected = hmac.new(KEY.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        assert hmac.compare_digest(signature, expected)
        events += json.loads(body)["events"]
    return events


def send(thing, value, at):
    assert thing.call("apps/worker/", msg={"t": value}, ts=at).status == 200


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_by_mail_and_by_webhook_once_per_change(tmp_path, hook, mailbox):
    port, mails = mailbox
    mail = server_of(f"smtp://me@127.0.0.1:{port}", "cloud@home.example", PASSWORD)
    with running(tmp_path, rate=0, mail=mail) as cloud:
        aid = cloud.admin.create_app("Fridge")
        warm = {"kind": "over", "field": "t", "limit": 8.0, "settle_s": 0.0}
        pool = "development"
        cloud.admin.add_alarm(aid, pool, **warm, webhook=url(hook), secret=KEY)
        by_mail = cloud.admin.add_alarm(aid, pool, **warm, mail="me@home.example")
        thing = Thing(cloud.wire, aid, "fridge")
        thing.register(pool=pool)
        start = time.time()
        for number, value in enumerate((9, 5)):
            send(thing, value, start + number / 10)
            until(lambda: min(len(hook.got), len(mails)) == number + 1)  # noqa: B023 - it is over
        until(lambda: not cloud.admin.alarm(by_mail["id"])["waiting"])
        assert all(it["sent"] for it in cloud.admin.alarm_events(by_mail["id"]))
        seen = [it for it in cloud.admin.events() if it["what"] == "alarm"]
        assert len(seen) == 4
    changes = [(it["tid"], it["change"], it["detail"]) for it in checked(hook)]
    assert changes == [("fridge", "raised", "t is 9"), ("fridge", "cleared", "t is 5")]
    sender, to, content = mails[0]
    letter = message_from_bytes(content)
    assert (sender, to) == ("cloud@home.example", ["me@home.example"])
    assert letter["Subject"] == "[Pythings] Fridge/development: fridge: t over 8, until 8"
    assert "raised  fridge: t is 9" in letter.get_payload()
    assert len(mails) == 2 and message_from_bytes(mails[1][2])["Message-ID"] != letter["Message-ID"]


def test_none_is_lost_with_a_server_that_hangs_and_a_cloud_that_ends(tmp_path, hook, monkeypatch):
    """Nor is a Thing's call delayed. The cloud ends in the middle of a delivery."""
    hook.status = -1
    with running(tmp_path, rate=0) as cloud:
        aid = cloud.admin.create_app("Fridge")
        warm = {"kind": "over", "field": "t", "limit": 8.0, "settle_s": 0.0}
        number = cloud.admin.add_alarm(aid, "development", **warm, webhook=url(hook), secret=KEY)[
            "id"
        ]
        things = [Thing(cloud.wire, aid, f"fridge-{number}") for number in range(3)]
        for at, thing in enumerate(things):
            thing.register(pool="development")
            send(thing, 9, time.time())
            if not at:
                until(lambda: hook.got)
            assert thing.management()["settings"]
        until(lambda: len(cloud.admin.alarm_events(number)) == 3)
        assert cloud.admin.alarm(number)["waiting"] == 3
    hook.status = 503
    with running(tmp_path, rate=0) as cloud:
        until(lambda: cloud.admin.alarm(number)["failures"])
        assert cloud.admin.alarm(number)["error"] == "it answers 503"
    hook.got.clear()
    hook.status = 200
    with running(tmp_path, rate=0) as cloud:
        until(lambda: not cloud.admin.alarm(number)["waiting"])
        told = cloud.admin.alarm_events(number)
    events = checked(hook)
    ids = {it["id"] for it in events}
    assert len(ids) == 3
    assert {it["id"] for it in told} == ids
    assert {it["tid"] for it in events} == {thing.tid for thing in things}
