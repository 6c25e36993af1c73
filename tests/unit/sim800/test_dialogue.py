"""Commands by hand, from the debug shell."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.failover import FailoverTransport
from app.shell import render
from domain.errors import DeviceError, LinkError
from tests.fakes.console import FakeConsole
from tests.fakes.link import FakeLink, FakeProbe
from tests.fakes.modem import Bench
from tests.fakes.source import exchange
from tests.unit.debug.support import Bench as Shelled


def sent(bench: Bench) -> list[bytes]:
    return [said.strip() for said in bench.uart.sent]


def test_all_lines_are_shown_and_the_exchange_goes_on():
    bench = Bench()
    bench.link.up("cloud.example")
    assert bench.link.dialogue("AT+CSQ") == ["+CSQ: %d,0" % bench.machine.profile.signal, "OK"]
    assert bench.link.dialogue("AT+GSN") == ["865067020757418", "OK"]
    assert bench.link.dialogue("at+cpin?") == ["+CPIN: READY", "OK"]
    assert bench.link.dialogue("AT+NONSENSE") == ["ERROR"]
    assert exchange(bench.transport, "/", b"{}", 1000)[0] == 200


def test_one_that_is_off_is_woken_and_one_that_is_gone_says_so():
    bench = Bench(off=True)
    assert bench.link.dialogue("AT+CPIN?")[-1] == "OK"
    assert bench.pulled == ["key"]
    bench = Bench()
    bench.uart.gone = True
    with pytest.raises(LinkError) as caught:
        bench.link.dialogue("AT")
    assert caught.value.code == "no_link"


@pytest.mark.parametrize(
    "command",
    [
        *('AT+CPIN="1234"', 'at + cpin = "1234"', 'AT+CSQ;+CPIN="1234"', "AT+CPIN?;+CPIN=1"),
        *('AT+CPWD="SC","1234","1"', 'AT+CLCK="SC",1,"1234"', "AT+SAPBR=4,1", "AT+CSTT?"),
        *("AT+HTTPREAD", "AT+HTTPTERM", "", "A/", "+CSQ", "AT\rAT", "AT+é", "AT" + "0" * 120),
    ],
)
def test_what_is_refused_never_reaches_the_modem(command: str):
    bench = Bench(pin="1234")
    with pytest.raises(DeviceError) as caught:
        bench.link.dialogue(command)
    assert caught.value.code == "refused"
    assert "1234" not in caught.value.text
    assert sent(bench) == []


def test_the_password_of_the_access_is_masked_wherever_it_comes_from():
    bench = Bench()
    bench.access = ("internet", "", "83,4012", "")
    assert bench.link.dialogue("AT+CBC") == ["+CBC: 0,***", "OK"]


def test_a_prompt_is_left_at_once(monkeypatch: pytest.MonkeyPatch):
    bench = Bench()
    bench.link.up("cloud.example")
    write = bench.uart.write
    seen: list[bytes] = []

    def prompts(data: bytes) -> None:
        if data.startswith(b"AT+CMGS"):
            bench.uart._waiting += b"\r\n> "
        elif data == b"\x1b":
            bench.uart._waiting += b"\r\nOK\r\n"
            seen.append(data)
        else:
            write(data)

    monkeypatch.setattr(bench.uart, "write", prompts)
    began = bench.clock.now
    assert bench.link.dialogue('AT+CMGS="1"') == [">", "OK"]
    assert seen == [b"\x1b"]
    assert bench.clock.now - began < 2000


def shelled(*links: Any) -> Shelled:
    found = Shelled(links=list(links))
    found.ask("hello", "hold")
    return found


def test_through_the_shell_on_whichever_way_has_the_modem():
    bench = Bench()
    wifi = FakeLink()
    both: Any = [(wifi, bench.transport), (bench.link, bench.transport)]
    ways = FailoverTransport(both, bench.clock, FakeConsole(), FakeProbe(wifi))
    found = shelled(*ways.links)
    items = found.items("modem", "AT+CBC")
    assert items == ["+CBC: 0,83,4012", "OK"]
    assert render.text(["modem", "AT+CBC"], None, items) == "+CBC: 0,83,4012\nOK"
    assert found.ask("modem", 'AT+CPIN="1234"')["code"] == "refused"
    assert found.ask("modem")["code"] == "refused"
    assert sent(bench)[-1] == b"AT+CBC"


def test_where_there_is_none():
    said = shelled(FakeLink("wifi")).ask("modem", "AT")
    assert said["code"] == "no_modem"
    assert "no modem" in said["text"]
