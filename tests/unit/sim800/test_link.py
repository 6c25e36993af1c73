"""A modem is brought up from any state; a cause that prevents it is told, in bounded time."""

from __future__ import annotations

import pytest

from adapters.sim800.link import CellularLink
from app.modem import commands as modem_commands
from app.modem.faults import Faults, parse
from app.modem.machine import SimulatedModem
from domain.errors import LinkError
from domain.health.status import Status
from tests.fakes.modem import Bench, Given
from tests.unit.sim800.linking import HOST


def fails(bench: Bench, code: str, mention: str) -> str:
    began = bench.clock.now
    with pytest.raises(LinkError) as caught:
        bench.link.up(HOST)
    assert caught.value.code == code
    assert mention in caught.value.text
    assert " - " in caught.value.text  # the next step
    assert bench.clock.now - began <= 110_000
    assert bench.link.status()["up"] is False
    return caught.value.text


def commands(bench: Bench) -> list[bytes]:
    return [sent.strip() for sent in bench.uart.sent]


# power and rate


def test_one_that_is_off_is_switched_on():
    bench = Bench(off=True)
    bench.link.up(HOST)
    assert bench.pulled == ["key"]
    assert bench.machine.boots == 1


def test_one_that_is_off_and_has_no_wire_for_it():
    bench = Bench(off=True, pins=())
    fails(bench, "no_link", "does not answer")
    assert bench.clock.now < 10_000


def test_a_line_that_cannot_be_opened():
    bench = Bench()
    bench.uart.gone = True
    fails(bench, "no_link", "cable")


def test_no_time_left():
    bench = Bench()
    with pytest.raises(LinkError):
        bench.modem.wake()  # `until` is not set
    assert bench.clock.now <= 15_000


def test_what_is_no_modem_at_all():
    bench = Bench("silent")
    bench.machine.on = False
    bench.machine.press = lambda pin, ms, now: None  # type: ignore[method-assign]
    fails(bench, "no_link", "does not answer")
    assert bench.pulled == ["key", "key", "reset"]


@pytest.mark.parametrize("rate", [9600, 57600, 115200])
def test_one_that_was_left_at_another_rate(rate: int):
    bench = Bench(rate=rate)
    bench.link.up(HOST)
    assert bench.machine.rate == 115200


def test_one_at_a_rate_that_nobody_tries_is_not_understood():
    fails(Bench(rate=1200, pins=()), "no_link", "does not answer")


def test_a_line_that_is_gone_and_comes_back():
    bench = Bench()
    bench.link.up(HOST)
    bench.uart.gone = True
    text = fails(bench, "no_link", "cable")
    assert text == "the serial line is gone - look after the cable"
    bench.uart.gone = False
    bench.link.up(HOST)


def test_a_line_that_is_gone_when_it_is_written():
    bench = Bench()
    bench.modem.until = 10_000
    bench.modem.wake()
    bench.uart.read = lambda size, limit_ms: b""  # type: ignore[method-assign]
    bench.uart.gone = True
    with pytest.raises(LinkError, match="cable"):
        bench.modem.ask(b"AT")


def test_a_line_that_makes_noise_for_ever():
    bench = Bench(pins=())

    def noise(size: int, limit_ms: int) -> bytes:
        bench.clock.advance(50)
        return b"\x00\xff\n" * 10

    bench.uart.read = noise  # type: ignore[method-assign]
    fails(bench, "no_link", "does not answer")


def test_letting_go():
    bench = Bench()
    bench.link.up(HOST)
    bench.modem.close()
    assert bench.uart.rate == 0
    bench.link.up(HOST)
    assert bench.link.status()["up"] is True


# SIM


def test_no_sim():
    fails(Bench(sim="none"), "no_link", "the modem reads no SIM - put one in")


def test_a_sim_that_cannot_be_read_yet():
    bench = Bench("error@6-40")
    with pytest.raises(LinkError, match="SIM"):
        bench.link.up(HOST)


def test_a_pin():
    bench = Bench(sim="pin", pin="1234")
    bench.link.up(HOST)
    assert bench.machine.unlocked


def test_a_pin_that_is_missing():
    bench = Bench(sim="pin")
    fails(bench, "wrong_password", "wants a PIN")
    assert bench.machine.pin_tries == 3


def test_a_wrong_pin_is_tried_once_also_after_a_restart():
    bench = Bench(sim="pin", pin="4321")
    for _ in range(10):
        fails(bench, "wrong_password", "refused a PIN")
    assert bench.machine.pin_tries == 2
    again = CellularLink(bench.modem, Given(lambda: ("internet", "", "", "4321")))
    for _ in range(3):
        with pytest.raises(LinkError):
            again.up(HOST)
    assert bench.machine.pin_tries == 2


def test_a_wrong_pin_with_firmware_that_does_not_count():
    bench = Bench("error@9-10", sim="pin", pin="4321")  # AT+SPIC
    for _ in range(10):
        fails(bench, "wrong_password", "refused a PIN")
    assert bench.machine.pin_tries >= 2


def test_another_pin_is_tried_when_the_sim_counts_nothing_against_it():
    bench = Bench(sim="pin", pin="4321")
    fails(bench, "wrong_password", "refused a PIN")
    bench.access = ("internet", "", "", "1234")
    fails(bench, "wrong_password", "refused a PIN")
    bench.machine.pin_tries = 3  # the right one was entered in a phone
    bench.link.up(HOST)


def test_a_blocked_sim():
    fails(Bench(sim="puk", pin="1234"), "wrong_password", "PUK")


# network


def test_an_operators_name_is_utf_8(monkeypatch):
    def cops(modem, text):
        modem.line('+COPS: 0,0,"%s"' % "Télé ☎".encode().decode("latin-1"))
        return "OK"

    monkeypatch.setattr(modem_commands, "_HANDLERS", (("+COPS", cops), *modem_commands._HANDLERS))
    bench = Bench()
    bench.link.up(HOST)
    assert bench.link.status()["network"] == "Télé ☎"
    assert bench.link.dialogue("AT+COPS?") == ['+COPS: 0,0,"Télé ☎"', "OK"]


def test_roaming():
    bench = Bench(network="roaming")
    bench.link.up(HOST)
    assert bench.link.status()["network"] == "Sim Net"


def test_a_network_that_takes_time():
    bench = Bench(search_s=55.0)
    bench.link.up(HOST)
    assert bench.clock.now > 50_000


def test_a_network_that_takes_more_time_than_there_is():
    bench = Bench(search_s=90.0)
    fails(bench, "no_link", "antenna")
    bench.link.up(HOST)


def test_no_network():
    fails(Bench(network="none"), "no_link", "antenna")


def test_a_network_that_refuses_the_sim():
    bench = Bench(network="denied")
    fails(bench, "no_link", "refuses the SIM")
    assert bench.clock.now < 30_000


def test_signal():
    bench = Bench(signal=31)
    bench.link.up(HOST)
    assert bench.link.status()["rssi"] == -51
    bench = Bench(signal=99)
    bench.link.up(HOST)
    assert "rssi" not in bench.link.status()


# bearer


def test_the_wrong_apn():
    fails(Bench(apn="elsewhere"), "no_link", "APN 'elsewhere'")


@pytest.mark.parametrize(
    "access",
    [
        ('inter"net', "", "", ""),
        ("x" * 65, "", "", ""),
        ("caf\u00e9", "", "", ""),
        ("a\r\nAT", "", "", ""),
        ("a", 'u"', "", ""),
        ("a", "", "x" * 33, ""),
        ("a", "", "", "12"),
        ("a", "", "", "12a4"),
    ],
)
def test_access_that_cannot_be_told_to_the_modem(access):
    bench = Bench()
    link = CellularLink(bench.modem, Given(lambda: access))
    assert link.problem()
    with pytest.raises(LinkError) as caught:
        link.up(HOST)
    assert caught.value.code == "no_link"
    assert bench.uart.sent == []


def test_user_and_password():
    bench = Bench()
    link = CellularLink(bench.modem, Given(lambda: ("internet", "me", "secret", "")))
    assert link.problem() == ""
    link.up(HOST)
    assert bench.machine.access["USER"] == "me"
    assert bench.machine.access["PWD"] == "secret"


def test_no_error_holds_a_secret():
    for number in range(1, 30):
        bench = Bench("silent@%d" % number, sim="pin", pin="1234")
        bench.access = ("internet", "me", "secret", "1234")
        try:
            bench.link.up(HOST)
        except LinkError as error:
            assert "secret" not in error.text
            assert "1234" not in error.text


@pytest.mark.parametrize("host", ["", 'a"b', "two words", "x" * 256, "a\r\nb"])
def test_what_is_no_host(host: str):
    with pytest.raises(LinkError) as caught:
        Bench().link.up(host)
    assert caught.value.code == "no_address"


def test_an_open_bearer_is_used():
    bench = Bench()
    bench.link.up(HOST)
    bench.uart.sent.clear()
    bench.link.up(HOST)
    assert commands(bench) == [b"AT", b"AT+SAPBR=2,1"]


def test_a_bearer_that_is_lost_is_opened_again():
    bench = Bench()
    bench.link.up(HOST)
    bench.machine.lose_bearer()
    bench.modem.hear(0)
    assert bench.link.status()["up"] is False
    bench.link.up(HOST)
    assert bench.link.status()["up"] is True


def test_down_closes_the_bearer():
    bench = Bench()
    bench.link.down()
    bench.link.up(HOST)
    bench.link.down()
    assert bench.machine.bearer is False
    bench.link.up(HOST)
    bench.uart.gone = True
    bench.link.down()
    assert bench.link.status()["up"] is False


# the ladder


def test_each_failure_brings_the_next_remedy():
    bench = Bench(apn="elsewhere")
    seen = []
    for _ in range(7):
        bench.uart.sent.clear()
        bench.pulled.clear()
        fails(bench, "no_link", "APN")
        sent = commands(bench)
        remedies = (b"AT+SAPBR=0,1", b"AT+CFUN=0", b"AT+CFUN=1,1")
        seen.append([name for name in remedies if name in sent] + bench.pulled)
    assert seen == [[], [], [b"AT+SAPBR=0,1"], [b"AT+CFUN=0"], [b"AT+CFUN=1,1"], ["reset"], []]


def test_the_power_key_stands_in_for_the_reset_pin():
    bench = Bench(pins=("key",))
    bench.link.up(HOST)
    bench.modem.tries = 5
    bench.link.up(HOST)
    assert bench.pulled == ["key", "key"]
    assert bench.machine.boots == 2


def test_without_pins_the_other_remedies_are_left():
    bench = Bench(pins=())
    bench.link.up(HOST)
    bench.modem.tries = 5
    bench.link.up(HOST)


def test_a_remedy_that_fails_is_no_reason_to_stop():
    bench = Bench()
    bench.link.up(HOST)
    bench.modem.tries = 3
    bench.machine.faults = Faults([parse("silent@1")])
    bench.link.up(HOST)
    assert bench.link.status()["up"] is True


# supply


def said(bench: Bench) -> list[str]:
    return [fields["text"] for fields in bench.console.named("modem")]


def test_battery_and_supply_are_in_the_status():
    bench = Bench()
    bench.link.up(HOST)
    status = bench.link.status()
    assert (status["battery"], status["millivolts"], status["rssi"]) == (83, 4012, -77)
    assert said(bench) == []


@pytest.mark.parametrize(
    "answer", ["ERROR", "+CBC: 0,", "+CBC: 0,x,4000", "+CBC: 0,80,\xff", "+CBC: 0,80,4000,1"]
)
def test_a_supply_that_is_not_told(answer: str, monkeypatch: pytest.MonkeyPatch):
    bench = Bench()
    bench.modem.status = Status()
    execute = bench.machine._execute

    def other(machine: SimulatedModem, line: str) -> None:
        if line != "AT+CBC":
            execute(machine, line)
            return
        if answer != "ERROR":
            machine.line(answer)
        machine.final("OK" if answer != "ERROR" else answer)

    monkeypatch.setattr(bench.machine, "_execute", other)
    bench.link.up(HOST)
    assert "battery" not in bench.link.status()


def test_a_supply_that_sinks_is_told_once_and_the_cloud_is_told():
    bench = Bench("low_voltage@1-6")
    bench.modem.status = Status()
    bench.link.up(HOST)
    text = "the modem's voltage is too low - look after its supply"
    assert said(bench) == [text]
    assert bench.console.level("modem") == 30
    assert bench.modem.status.remarks == [text]
    bench.machine.line("UNDER-VOLTAGE WARNNING")  # since the bearer was opened: told again, once
    bench.machine.line("UNDER-VOLTAGE WARNNING")
    bench.link.up(HOST)
    assert said(bench) == [text] * 2
    bench.machine.line("OVER-VOLTAGE WARNNING")
    bench.link.up(HOST)
    assert said(bench)[2:] == ["the modem's voltage is too high - look after its supply"]
    assert len(bench.modem.status.remarks) == 2


@pytest.mark.parametrize("end", ["DOWN", "OFF"])  # a SIM800C and a SIM800F say OFF
def test_a_supply_that_breaks_down(end: str):
    bench = Bench()
    bench.link.up(HOST)
    bench.machine.line("UNDER-VOLTAGE POWER " + end)
    bench.machine.power_lost(restart=False, said="")
    bench.link.up(HOST)
    assert said(bench) == ["the modem's voltage is too low, it is off - look after its supply"]
    assert bench.machine.boots == 2


def test_a_modem_that_is_switched_off_in_good_order_says_nothing_of_its_supply():
    bench = Bench()
    bench.link.up(HOST)
    bench.machine.power_down()
    bench.link.up(HOST)
    assert said(bench) == []


def test_an_answer_without_a_line_is_ok_and_a_refusal_is_nothing() -> None:
    bench = Bench()
    bench.link.up("cloud.example")
    assert bench.modem.ask(b"AT") == b"OK"
    assert bench.modem.said == b"OK"
    assert bench.modem.ask(b"AT+CSQ").startswith(b"+CSQ:")
    assert bench.modem.ask(b"AT+NONSENSE") == b""
    assert bench.modem.ask(b"AT") == b"OK"
