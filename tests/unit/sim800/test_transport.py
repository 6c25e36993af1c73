"""Requests over a modem: its reports, its losses, and that a POST is sent once."""

from __future__ import annotations

from typing import Any

import pytest

from app.modem.faults import FAULTS
from app.modem.internet import HttpAnswer, Request
from domain.errors import CloudError, LinkError, ThingError
from tests.fakes.modem import Bench
from tests.fakes.source import exchange, whole

PATH = "/api/v1/apps/management/"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
BODY = bytes(range(256)) * 5


class Served(Bench):
    """A bench that records all requests and gives each the same answer."""

    def __init__(self, *faults: str, **options: Any) -> None:
        self.served: list[Request] = []
        super().__init__(*faults, serve=self.answer, **options)

    def answer(self, request: Request) -> HttpAnswer:
        self.served.append(request)
        return HttpAnswer(200, HEAD, BODY)


bench = Served


def error(made: Bench, limit: int = 10_000) -> ThingError:
    began = made.clock.now
    with pytest.raises(ThingError) as caught:
        exchange(made.transport, PATH, b"{}", limit)
    assert made.clock.now - began <= 130_000
    return caught.value


def test_it_opens_the_bearer_by_itself():
    made = bench()
    assert exchange(made.transport, PATH, b"{}", 10_000) == (200, "application/json", BODY)
    made.machine.lose_bearer()
    assert exchange(made.transport, PATH, b"{}", 10_000)[2] == BODY


def test_must_be_told_whom_to_speak_to():
    made = bench()
    made.transport.use("", False)
    with pytest.raises(RuntimeError):
        exchange(made.transport, PATH, b"{}", 1)


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (600, CloudError, "not_http"),
        (601, LinkError, "cut"),
        (602, LinkError, "cut"),
        (603, LinkError, "no_address"),
        (604, LinkError, "cut"),
        (605, LinkError, "tls"),
        (606, LinkError, "tls"),
    ],
)
def test_what_the_modem_says_of_a_request(status, kind, code):
    made = bench("%d@1" % status)
    found = error(made)
    assert (type(found), found.code) == (kind, code)
    assert len(found.text) > 10
    assert ("does not speak HTTP - check it" in found.text) == (code == "not_http")
    assert exchange(made.transport, PATH, b"{}", 10_000)[0] == 200


def test_a_request_without_an_end():
    made = bench("hang@1")
    assert error(made).code == "timeout"
    assert exchange(made.transport, PATH, b"{}", 10_000)[0] == 200


def test_a_restart_during_a_request():
    made = bench(rate=115200)
    made.link.up("cloud.example")
    action = made.machine.begin

    def begin(request: Request) -> None:
        made.machine.begin = action  # type: ignore[method-assign]
        made.machine.after(0.2, lambda: made.machine.power_lost(restart=True))

    made.machine.begin = begin  # type: ignore[method-assign]
    found = error(made)
    assert found.code == "cut"
    assert "restarted" in found.text
    assert exchange(made.transport, PATH, b"{}", 10_000)[0] == 200


@pytest.mark.parametrize("said", ["1,200", "1,abc,3", "1,200,"])
def test_a_request_of_which_nothing_clear_is_said(said):
    made = bench()
    made.link.up("cloud.example")
    made.machine.begin = lambda request: made.machine.after(  # type: ignore[method-assign]
        0.2, lambda: made.machine.line("+HTTPACTION: " + said)
    )
    assert error(made).code == "cut"


@pytest.mark.parametrize("fault", ["short_read@1", "short_read:0.5", "cut_read@1", "cut_read@2-3"])
def test_what_came_short_is_read_again(fault):
    made = bench(fault)
    assert exchange(made.transport, PATH, b"{}", 10_000)[2] == BODY
    assert len(made.served) == 1


def test_what_always_comes_short_is_given_up():
    assert error(bench("cut_read")).code == "cut"


def test_a_restart_while_the_answer_is_read():
    made = bench(rate=115200)
    made.transport.post(PATH, b"{}", 10_000)
    assert made.transport.readinto(memoryview(bytearray(64))) == 64
    made.machine.power_lost(restart=True)
    with pytest.raises(LinkError) as caught:
        whole(made.transport)
    assert caught.value.code == "cut"
    assert exchange(made.transport, PATH, b"{}", 10_000)[2] == BODY


def test_tls():
    made = bench()
    made.transport.use("cloud.example", True)
    exchange(made.transport, PATH, b"{}", 10_000)
    made.transport.use("cloud.example:8080", False)
    exchange(made.transport, PATH, b"{}", 10_000)
    assert [(item.tls, item.url) for item in made.served] == [
        (True, "cloud.example" + PATH),
        (False, "cloud.example:8080" + PATH),
    ]


def test_firmware_without_tls():
    made = bench(tls=False)
    assert exchange(made.transport, PATH, b"{}", 10_000)[0] == 200
    made.transport.use("cloud.example", True)
    found = error(made)
    assert (found.code, "has no TLS - set ssl to false" in found.text) == ("tls", True)
    assert len(made.served) == 1


def test_firmware_that_does_not_tell_the_content_type():
    assert exchange(bench(heads=False).transport, PATH, b"{}", 10_000) == (200, "", BODY)


def test_what_the_modem_refuses():
    made = bench()
    made.transport.use('a"b', False)
    found = error(made)
    assert found.code == "no_link"
    assert 'the modem refuses AT+HTTPPARA="URL"' in found.text


def test_what_is_longer_than_the_limit_is_said():
    made = bench()
    with pytest.raises(CloudError, match="cloud.example.* answers with more than 1 bytes"):
        exchange(made.transport, PATH, b"{}", 1)


def test_closing_while_the_modem_is_silent():
    made = bench("silent")
    made.modem.until = 10_000
    made.modem.ready = True
    made.uart.open(115200)
    made.transport.close()
    assert made.modem.ready is False
    made.transport.close()


COMMAND_FAULTS = [name for name in FAULTS if FAULTS[name][0] == "command"]


@pytest.mark.parametrize("fault", COMMAND_FAULTS)
@pytest.mark.parametrize("rate", [0, 115200])
def test_a_fault_at_each_command(fault: str, rate: int):
    """From no contact to an answer: at any command, a fault costs a few tries at most."""
    for number in range(1, 31):
        made = bench("%s@%d" % (fault, number), rate=rate)
        for _ in range(4):
            began = made.clock.now
            sent = len(made.served)
            try:
                answer = exchange(made.transport, PATH, b"{}", 10_000)
                break
            except ThingError as trouble:
                assert len(trouble.text) > 10
            assert made.clock.now - began <= 130_000
            assert len(made.served) <= sent + 1
        assert answer[2] == BODY, (fault, number)
        assert made.modem.tries == 0
