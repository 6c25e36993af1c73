"""The simulated modem answers as the manual has it, in its own time."""

from __future__ import annotations

from typing import Any

import pytest

from app.modem.commands import execute
from app.modem.faults import Faults, parse
from app.modem.internet import HttpAnswer, Request
from app.modem.machine import SimulatedModem
from app.modem.profile import ModemProfile
from tests.fakes.modem import at_once

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


class Host:
    """The host at the other end of the line."""

    def __init__(self, *faults: str, rate: int = 115200, **options: Any) -> None:
        self.requests: list[Request] = []
        self.told: list[str] = []
        self.now = 0.0
        self.rate = rate
        self.machine = SimulatedModem(
            ModemProfile(**options),
            execute,
            at_once(self._serve),
            Faults([parse(fault) for fault in faults]),
            lambda event, fields: self.told.append(event),
        )
        self.machine.run(0.0)
        if not options.get("off"):
            assert b"OK" in self.say("ATE0")

    def _serve(self, request: Request) -> HttpAnswer:
        self.requests.append(request)
        return HttpAnswer(200, HEAD, b"0123456789")

    def send(self, data: bytes) -> None:
        self.machine.feed(data, self.now, self.rate)

    def wait(self, seconds: float) -> bytes:
        self.now += seconds
        self.machine.run(self.now)
        return self.machine.take()

    def say(self, command: str, seconds: float = 0.1) -> bytes:
        self.send(command.encode() + b"\r")
        return self.wait(seconds)

    def lines(self, command: str, seconds: float = 0.1) -> list[str]:
        return self.say(command, seconds).decode("latin-1").split()

    def online(self) -> None:
        self.wait(10)
        assert self.lines('AT+SAPBR=3,1,"CONTYPE","GPRS"') == ["OK"]
        assert self.lines("AT+SAPBR=1,1", 3) == ["OK"]

    def request(self, body: str = "{}") -> None:
        self.online()
        assert self.lines("AT+HTTPINIT") == ["OK"]
        assert self.lines('AT+HTTPPARA="CID",1') == ["OK"]
        assert self.lines('AT+HTTPPARA="URL","cloud.example/x"') == ["OK"]
        assert self.lines("AT+HTTPDATA=%d,1000" % len(body)) == ["DOWNLOAD"]
        self.send(body.encode())
        assert self.wait(0.1) == b"\r\nOK\r\n"


def test_echo():
    host = Host()
    assert host.say("ATE1") == b"\r\nOK\r\n"
    assert host.say("AT") == b"AT\r\r\nOK\r\n"
    assert host.say("at+csq") == b"at+csq\r\r\n+CSQ: 18,0\r\n\r\nOK\r\n"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("AT", "OK"),
        ("ATZ", "OK"),
        ("AT+GMR", "Revision:1418B05SIM800L24 OK"),
        ("AT+GSN", "865067020757418 OK"),
        ("AT+CBC", "+CBC: 0,83,4012 OK"),
        ("AT+CPIN?", "+CPIN: READY OK"),
        ("AT+CPIN=1", "ERROR"),
        ("AT+SPIC", "+SPIC: 3,10,3,10 OK"),
        ("AT+CREG?", "+CREG: 0,2 OK"),
        ("AT+CREG=0", "OK"),
        ("AT+COPS?", "+COPS: 0 OK"),
        ("AT+COPS=0", "OK"),
        ("AT+CFUN?", "+CFUN: 1 OK"),
        ("AT+CFUN=9", "ERROR"),
        ("AT+IPR?", "+IPR: 0 OK"),
        ("AT+IPR=7", "ERROR"),
        ("AT+CMEE=7", "ERROR"),
        ("AT+SAPBR=2,1", '+SAPBR: 1,3,"0.0.0.0" OK'),
        ("AT+SAPBR=0,1", "ERROR"),
        ("AT+SAPBR=7,1", "ERROR"),
        ("AT+SAPBR=2,2", "ERROR"),
        ('AT+SAPBR=3,1,"APN","a"b"', "ERROR"),
        ("AT+HTTPTERM", "ERROR"),
        ("AT+HTTPPARA=x", "ERROR"),
        ("AT+HTTPSSL=1", "ERROR"),
        ("AT+HTTPDATA=2,1000", "ERROR"),
        ("AT+HTTPACTION=1", "ERROR"),
        ("AT+HTTPREAD", "ERROR"),
        ("AT+HTTPHEAD", "ERROR"),
        ("AT+NONSENSE", "ERROR"),
    ],
)
def test_answers_before_anything_else(command: str, answer: str):
    assert Host().lines(command) == answer.split()


def test_error_codes_when_they_are_wanted():
    host = Host(sim="none")
    assert host.lines("AT+CPIN?") == ["ERROR"]
    host.say("AT+CMEE=1")
    assert host.lines("AT+CPIN?") == ["+CME", "ERROR:", "10"]


def test_the_pin():
    host = Host(sim="pin")
    assert host.lines("AT+CPIN?") == ["+CPIN:", "SIM", "PIN", "OK"]
    for left in (2, 1):
        host.say("AT+CPIN=0000")
        assert host.lines("AT+SPIC")[1].startswith(str(left))
    assert host.lines('AT+CPIN="1234"') == ["OK"]
    assert host.lines("AT+SPIC")[1].startswith("3")
    assert b"+CPIN: READY" in host.wait(1)
    blocked = Host(sim="pin")
    for _ in range(3):
        blocked.say("AT+CPIN=0000")
    assert blocked.lines('AT+CPIN="1234"') == ["ERROR"]
    assert blocked.lines("AT+CPIN?")[1:3] == ["SIM", "PUK"]


@pytest.mark.parametrize(
    ("network", "stat"), [("home", "0,1"), ("roaming", "0,5"), ("denied", "0,3"), ("none", "0,2")]
)
def test_registration(network: str, stat: str):
    host = Host(network=network, search_s=3.0)
    host.wait(2)
    assert host.lines("AT+CREG?")[1] == "0,2"
    host.wait(2)
    assert host.lines("AT+CREG?")[1] == stat
    assert host.lines("AT+CSQ")[1] == ("99,99" if network == "none" else "18,0")
    host.say("AT+CFUN=0")
    assert host.lines("AT+CREG?")[1] == "0,0"
    host.say("AT+CFUN=1")
    assert host.lines("AT+CREG?")[1] == "0,2"


def test_operators():
    host = Host()
    assert host.say("AT+COPS=?") == b""
    assert host.wait(24) == b""
    told = host.wait(2)
    assert told.startswith(b'\r\n+COPS: (2,"Sim Net","Sim","00101"),(1,"Test, and Trial",')
    assert told.endswith(b',"99942"),,(0-4),(0-2)\r\n\r\nOK\r\n')
    assert b"Sim Net" in host.say("AT+COPS?")
    nowhere = Host(network="none")
    nowhere.say("AT+COPS=?")
    assert nowhere.wait(26) == b"\r\n+COPS: ,,(0-4),(0-2)\r\n\r\nOK\r\n"


@pytest.mark.parametrize(
    ("millivolts", "level", "says", "on"),
    [
        (3300, "", "UNDER-VOLTAGE POWER DOWN", False),
        (3400, "0", "UNDER-VOLTAGE WARNNING", True),
        (3600, "27", "", True),
        (4200, "100", "", True),
        (4350, "100", "OVER-VOLTAGE WARNNING", True),
        (4500, "", "OVER-VOLTAGE POWER DOWN", False),
    ],
)
def test_the_supply(millivolts: int, level: str, says: str, on: bool):
    host = Host(millivolts=millivolts, sim="none")
    told = host.wait(2).decode()
    assert [line for line in told.split("\r\n") if "VOLTAGE" in line] == [says] * bool(says)
    assert host.machine.on is on
    answer = "+CBC: 0,%s,%d OK" % (level, millivolts)
    assert host.lines("AT+CBC") == (answer.split() if on else [])


def test_the_bearer():
    host = Host()
    assert host.lines("AT+SAPBR=1,1", 3) == ["ERROR"]  # nothing is set, and it searches
    host.online()
    assert b'1,1,"10.' in host.say("AT+SAPBR=2,1")
    assert host.lines("AT+SAPBR=1,1", 3) == ["ERROR"]
    assert host.lines("AT+SAPBR=0,1") == ["OK"]


def test_a_bearer_that_does_not_open():
    host = Host("no_bearer@1", "off_network@2")
    host.wait(10)
    host.say('AT+SAPBR=3,1,"CONTYPE","GPRS"')
    assert host.lines("AT+SAPBR=1,1", 3) == ["ERROR"]
    assert host.lines("AT+SAPBR=1,1", 3) == ["ERROR"]
    assert host.lines("AT+CREG?")[1] == "0,2"


def test_a_request():
    host = Host()
    host.request()
    assert host.lines("AT+HTTPSSL=1") == ["OK"]
    assert host.lines('AT+HTTPPARA="CONTENT","application/json"') == ["OK"]
    assert host.lines('AT+HTTPPARA="TIMEOUT",30') == ["OK"]
    assert host.lines("AT+HTTPINIT") == ["ERROR"]
    assert host.say("AT+HTTPACTION=1") == b"\r\nOK\r\n"
    assert host.wait(2) == b"\r\n+HTTPACTION: 1,200,10\r\n"
    assert host.say("AT+HTTPREAD=2,3") == b"\r\n+HTTPREAD: 3\r\n234\r\nOK\r\n"
    assert host.say("AT+HTTPREAD=8,30") == b"\r\n+HTTPREAD: 2\r\n89\r\nOK\r\n"
    assert host.say("AT+HTTPREAD") == b"\r\n+HTTPREAD: 10\r\n0123456789\r\nOK\r\n"
    assert host.say("AT+HTTPREAD=x,1") == b"\r\nERROR\r\n"
    assert host.say("AT+HTTPHEAD") == b"\r\n+HTTPHEAD: 19\r\n" + HEAD + b"\r\nOK\r\n"
    assert host.lines("AT+HTTPTERM") == ["OK"]
    request = host.requests[0]
    assert (request.url, request.tls, request.body) == ("cloud.example/x", True, b"{}")
    assert (request.headers["Content-Type"], request.limit_s) == ("application/json", 30.0)


def test_getting():
    host = Host()
    host.request()
    host.say("AT+HTTPACTION=0")
    assert host.wait(2) == b"\r\n+HTTPACTION: 0,200,10\r\n"
    assert host.requests[0].body is None


def test_data_that_does_not_come():
    host = Host()
    host.online()
    host.say("AT+HTTPINIT")
    host.say("AT+HTTPDATA=5,1000")
    host.send(b"ab")
    assert host.wait(2) == b"\r\nOK\r\n"
    assert host.machine.data == b"ab"
    assert host.lines("AT") == ["OK"]


def test_a_request_that_is_forgotten_or_has_no_bearer():
    host = Host()
    host.request()
    host.say("AT+HTTPACTION=1")
    host.say("AT+HTTPTERM")
    assert host.wait(3) == b""
    host.say("AT+SAPBR=0,1")
    host.say("AT+HTTPINIT")
    host.say('AT+HTTPPARA="CID",1')
    host.say('AT+HTTPPARA="URL","x"')
    host.say("AT+HTTPACTION=1")
    assert host.wait(2) == b"\r\n+HTTPACTION: 1,601,0\r\n"


@pytest.mark.parametrize(
    ("fault", "said", "served"),
    [
        ("603", b"\r\n+HTTPACTION: 1,603,0\r\n", 0),
        ("hang", b"", 0),
        ("bearer_drop", b"\r\n+SAPBR 1: DEACT\r\n\r\n+HTTPACTION: 1,601,0\r\n", 0),
        ("lost_answer", b"\r\n+SAPBR 1: DEACT\r\n\r\n+HTTPACTION: 1,601,0\r\n", 1),
    ],
)
def test_faults_of_requests(fault: str, said: bytes, served: int):
    host = Host(fault)
    host.request()
    host.say("AT+HTTPACTION=1")
    assert host.wait(60) == said
    assert len(host.requests) == served


def test_faults_of_reading():
    host = Host("short_read@1", "cut_read@2")
    host.request()
    host.say("AT+HTTPACTION=1", 3)
    assert host.say("AT+HTTPREAD=0,10") == b"\r\n+HTTPREAD: 5\r\n01234\r\nOK\r\n"
    assert host.say("AT+HTTPREAD=0,10") == b"\r\n+HTTPREAD: 10\r\n01234\r\nOK\r\n"


def test_faults_of_commands():
    host = Host("silent@2", "slow@3", "urc@4", "garbage@5", "error@6", "low_voltage@7")
    assert host.say("AT+CSQ") == b""
    host.wait(1)
    assert host.say("AT+CSQ", 0.5) == b""
    host.send(b"AT+CSQ\r")  # it does not listen
    assert host.wait(5) == b"\r\n+CSQ: 18,0\r\n\r\nOK\r\n"
    answer = host.say("AT+CSQ")
    assert answer.startswith(b"\r\n*PSUTTZ")
    assert b"+CMTI" in answer
    assert host.say("AT+CSQ").startswith(b"\x00\xff\xfe\r\n+CSQ")
    assert host.say("AT+CSQ") == b"\r\nERROR\r\n"
    assert host.say("AT+CSQ").startswith(b"\r\nUNDER-VOLTAGE WARNNING\r\n\r\n+CSQ")


def test_a_brown_out_and_the_start_after_it():
    host = Host("brown_out@2", rate=9600)
    host.machine.rate = 9600
    host.say("AT+CSQ")
    assert host.say("AT") == b""
    started = host.wait(9)
    assert started.startswith(b"\r\nRDY\r\n\r\n+CFUN: 1\r\n")
    assert b"+CPIN: READY" in started
    assert b"Call Ready" in started
    assert host.told.count("off") == 1


@pytest.mark.parametrize("rate", [0, 115200])
def test_the_pins(rate: int):
    host = Host(off=True, rate=115200)
    machine = host.machine
    machine.rate = rate
    assert host.say("AT") == b""
    for pin, ms, on in (
        ("key", 200, False),
        ("reset", 200, False),
        ("key", 1200, True),
        ("reset", 50, True),
        ("reset", 200, True),
        ("key", 1200, False),
        ("nothing", 1200, False),
    ):
        host.now += 5
        machine.press(pin, ms, host.now)
        assert machine.on is on, pin
    assert machine.boots == 2
    assert b"NORMAL POWER DOWN" in (host.wait(0) or b"NORMAL POWER DOWN")


def test_switched_off_by_a_command():
    host = Host()
    assert host.say("AT+CPOWD=1") == b"\r\nNORMAL POWER DOWN\r\n"
    assert host.machine.on is False
    assert host.say("AT", 5) == b""


def test_restarted_by_a_command():
    host = Host()
    assert host.say("AT+CFUN=1,1") == b"\r\nOK\r\n"
    host.wait(5)
    assert host.say("AT") == b"AT\r\r\nOK\r\n"


def test_rates():
    host = Host()
    host.rate = 9600
    assert host.say("AT") == b""  # it has heard 115200 before
    host.rate = 115200
    assert host.lines("AT+IPR=57600") == ["OK"]
    assert host.say("AT") == b""
    host.rate = 57600
    assert host.lines("AT+IPR?") == ["+IPR:", "57600", "OK"]
    host.rate = 9600
    host.send(b"AT\r")
    host.machine.line("RING")
    noise = host.wait(1)
    assert len(noise) == 8
    assert not noise.strip(b"\x00\x80\xe0\xf8\xfe")


def test_noise_on_the_line():
    host = Host()
    assert host.say("\x00\x00") == b""
    assert host.say("xxAT") == b"\r\nOK\r\n"
    assert host.say("x" * 2000) == b""
    assert host.say("AT") == b"\r\nOK\r\n"


def test_it_says_nothing_before_it_knows_a_rate():
    machine = SimulatedModem(ModemProfile(), execute, at_once(lambda request: HttpAnswer(200)))
    machine.run(1.0)
    machine.line("RING")
    assert machine.take() == b""
    machine.feed(b"xx\r", 2.0)
    assert machine.take() == b""
