"""The Thing's traffic, counted by a proxy. The limits are the project's budget."""

from __future__ import annotations

from app.demo import apps

MANAGEMENT = "/api/v1/apps/management/"
WORKER = "/api/v1/apps/worker/"

QUIET_CYCLE = 620  # bytes both ways; the predecessor: 1,019 in two connections
QUIET_CYCLE_ENCRYPTED = 650  # in payload mode 1: 1,250; the predecessor: 1,886


def _close(path, answer):
    """Answer like the recorded server: one answer per connection."""
    head, _, body = answer.partition(b"\r\n\r\n")
    return head + b"\r\nConnection: close\r\n\r\n" + body


def _quiet_cycle(world, proxy):
    """Return (connections, bytes) per cycle, while the Thing has nothing else to do."""
    world.set(worker_interval="60", management_interval="2")
    world.cloud_shows("the slow settings", lambda admin: _paths(proxy)[-3:] == [MANAGEMENT] * 3)
    proxy.reset()
    proxy.wait_for_paths(2, 20)
    assert _paths(proxy) == [MANAGEMENT] * 2
    return proxy.connections / 2, (proxy.up + proxy.down) / 2


def _paths(proxy):
    return list(proxy.paths)


def test_a_quiet_management_cycle(proxied):
    world, proxy, run = proxied
    run()
    connections, size = _quiet_cycle(world, proxy)
    assert connections <= 1
    assert size <= QUIET_CYCLE


def test_a_quiet_management_cycle_where_the_server_closes(proxied):
    world, proxy, run = proxied
    proxy.rule = _close
    run()
    connections, size = _quiet_cycle(world, proxy)
    assert connections == 1
    assert size <= QUIET_CYCLE + len(b"\r\nConnection: close")


def test_a_quiet_management_cycle_encrypted(proxied):
    world, proxy, run = proxied
    world.set(payload_encryption=True)
    run()
    connections, size = _quiet_cycle(world, proxy)
    assert connections <= 1
    assert size <= QUIET_CYCLE_ENCRYPTED


def test_an_app_update_takes_few_connections(proxied):
    world, proxy, run = proxied
    world.set(worker_interval="600")
    run()
    proxy.reset()
    world.confirmed(world.commit(apps.good("two")))
    world.status("management", "OK")
    assert proxy.connections <= 4
    assert len([path for path in proxy.paths if path.endswith("/apps/get/")]) == 3


def test_a_reading_is_one_request_and_says_when(proxied):
    world, proxy, run = proxied
    run()
    world.set(management_interval="600")
    world.cloud_shows("only readings", lambda admin: _paths(proxy)[-2:] == [WORKER] * 2)
    proxy.reset()
    proxy.wait_for_paths(2, 20)
    assert _paths(proxy) == [WORKER] * 2
    assert all(b'"ts":' in request for request in proxy.requests)
    assert proxy.connections <= 2


def test_an_encrypted_session_has_nothing_in_the_clear(proxied):
    world, proxy, run = proxied
    world.set(payload_encryption=True)
    run()
    world.cloud_shows("encryption", lambda admin: admin.things()[0]["encrypted"])
    proxy.reset()
    mid = world.admin.send_message("thing-under-test", "open sesame")
    assert "open sesame" in world.reply(mid)
    world.more_readings(1)
    for path, request in zip(list(proxy.paths), list(proxy.requests)):
        body = request.partition(b"\r\n\r\n")[2]
        if not path.endswith("register/"):
            assert body[:1] == b"\2", path
        assert b"sesame" not in body
        assert b"count" not in body
