"""Faults of the network and the cloud: the rows of docs/reliability.md."""

from __future__ import annotations

from app.demo import apps
from tests.e2e.conftest import TID, World, no_reading_missing
from tests.e2e.proxy import answer
from tests.patience import PATIENCE_S

FILES = "/api/v1/apps/get/"
HTML = b"<html><body>Welcome to the hotel. Please log in.</body></html>"


def test_server_down_while_running(world: World):
    world.running()
    since = world.since()
    world.cloud.kill()
    world.thing_tells("recover", since, event="state", new="recover")
    world.waiting(3, since)
    world.start_cloud()
    world.thing_tells("delivered", since, event="delivered", waiting=0)
    no_reading_missing(world.more_readings(1))


def test_server_accepts_and_never_answers(proxied):
    world, proxy, run = proxied
    run()
    since = world.since()
    proxy.rule = lambda path, answer: None
    lost = world.thing.wait_for(
        "the time limit", lambda e: e["event"] == "link_lost", PATIENCE_S, since
    )
    assert lost["code"] == "timeout"
    world.thing.wait_for("work goes on", lambda e: e.get("waiting", 0) >= 1, PATIENCE_S, since)
    proxy.rule = None
    world.thing.wait_for(
        "delivered", lambda e: e["event"] == "delivered" and e["waiting"] == 0, 60, since
    )
    no_reading_missing(world.more_readings(1))


def test_token_lost(world: World):
    world.running()
    since = world.since()
    assert world.admin.expire(TID) == 1
    world.thing_tells("it knows", since, event="session_lost", code="session")
    world.thing_tells("it registers again", since, event="state", new="run")
    no_reading_missing(world.more_readings(2))


def test_server_in_trouble_for_a_while(proxied):
    world, proxy, run = proxied
    run()
    since = world.since()
    proxy.rule = lambda path, real: answer("502 Bad Gateway", "text/html", HTML)
    world.thing_tells("trouble", since, event="cloud_trouble", code="trouble")
    world.thing_tells("suspicion", since, event="session_lost")
    proxy.rule = None
    world.thing_tells("delivered", since, event="delivered", waiting=0)
    no_reading_missing(world.more_readings(1))


def test_app_file_cut_short(proxied):
    _bad_file(proxied, lambda real: real[: len(real) - 30])


def test_app_file_cut_short_with_a_length_that_fits(proxied):
    def cut(real: bytes) -> bytes:
        body = real.partition(b"\r\n\r\n")[2]
        return answer("200 OK", "text/html; charset=utf-8", body[:-20])

    _bad_file(proxied, cut)


def test_captive_portal_in_place_of_an_app_file(proxied):
    _bad_file(proxied, lambda real: answer("200 OK", "text/html", HTML))


def test_server_fails_in_the_middle_of_an_app_update(proxied):
    _bad_file(proxied, lambda real: answer("502 Bad Gateway", "text/html", HTML))


def test_redirects_are_not_followed(proxied):
    world, proxy, run = proxied
    run()
    since = world.since()
    elsewhere = answer("301 Moved Permanently", "text/html", b"").replace(
        b"\r\n\r\n", b"\r\nLocation: http://127.0.0.1:1/\r\n\r\n"
    )
    proxy.rule = lambda path, real: elsewhere
    event = world.thing_tells("redirect", since, event="cloud_trouble", code="redirected")
    assert "backend" in event["text"]
    proxy.rule = None
    world.thing_tells("delivered", since, event="delivered", waiting=0)


def test_duplicate_readings_after_a_lost_answer(proxied):
    """The cloud has stored a reading, but its answer is lost: sent again, stored once."""
    world, proxy, run = proxied
    lost: list[bytes] = []

    def lose_one(path: str, real: bytes) -> bytes:
        if path.endswith("/worker/") and not lost:
            lost.append(real)
            return b""
        return real

    proxy.rule = lose_one
    run()
    world.more_readings(3)
    assert lost
    no_reading_missing(world.admin.readings(TID, 1000))


def _bad_file(proxied, spoil) -> None:
    """Assert that the old app stays, the cloud is told, and good files install the new one."""
    world, proxy, run = proxied
    run()
    since = world.since()
    proxy.rule = lambda path, real: spoil(real) if path == FILES else real
    old, new = world.version, world.commit(apps.good("two"))
    failed = world.thing_tells("refused", since, event="update_failed")
    assert new in failed["text"]
    world.status("pythings", "KO", new)
    assert world.more_readings(2)[-1]["msg"]["app"] == "one"
    assert len(list(world.root.glob("app.*"))) == 1  # no file of the new one is left
    assert world.admin.thing(TID)["app_version"] == old
    proxy.rule = None
    # The Thing retries after a minute; a restart may try at once.
    assert world.thing.stop() == 0
    world.start(backend="http://127.0.0.1:%d" % proxy.port)
    world.confirmed(new)
    assert world.readings(1, "two")
