"""The stand-ins for `network` and `socket`, in the real interpreter, and the air around them."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from app.cloud import certificates
from app.simulator.wifi import Air, Network, Station
from tests.contract.servers import Authority
from tests.unit.simulator.conftest import Bench, Make
from tests.unit.simulator.programs import REFUSED

START = (
    REFUSED
    + """\
import network, socket, sys, time

def wait(*wanted):
    for _ in range(3000):
        if wlan.status() in wanted:
            break
        time.sleep_ms(10)
    print(wlan.status(), wlan.isconnected())

wlan = network.WLAN(network.STA_IF)
"""
)
JOIN = (
    START
    + "wlan.active(True)\nwlan.connect('simulated', 'simulated-password')\n"
    + "wait(network.STAT_GOT_IP)\n"
)


@pytest.mark.parametrize(
    ("name", "idle", "connecting", "up", "password", "no_ap"),
    [("esp32", 1000, 1001, 1010, 202, 201), ("esp8266", 0, 1, 5, 2, 3)],
)
def test_the_states_of_a_station(
    make: Make, name: str, idle: int, connecting: int, up: int, password: int, no_ap: int
):
    program = START + (
        "print(wlan.status(), wlan.ifconfig()[0])\nwlan.active(True)\n"
        "wlan.connect('simulated', 'wrong')\nprint(wlan.status(), wlan.isconnected())\n"
        "wait(network.STAT_WRONG_PASSWORD)\nwlan.disconnect()\n"
        "wlan.connect('elsewhere')\nwait(network.STAT_NO_AP_FOUND)\nwlan.disconnect()\n"
        "wait(network.STAT_IDLE)\n"
        "wlan.connect('simulated', 'simulated-password')\nwait(network.STAT_GOT_IP)\n"
        "print(wlan.ifconfig()[0], wlan.config('essid'), wlan.status('rssi'))\n"
        "wlan.active(False)\nprint(wlan.status(), wlan.active())\n"
    )
    assert make(name).run(program) == [
        "%d 0.0.0.0" % idle,
        "%d False" % connecting,
        "%d False" % password,
        "%d False" % no_ap,
        "%d False" % idle,
        "%d True" % up,
        "192.168.1.50 simulated -55",
        "%d False" % idle,
    ]


def test_scan_finds_the_strongest_first_and_needs_the_radio(esp32: Bench):
    esp32.board.control("network open-to-all")
    esp32.board.control("network far secret -90")
    program = START + (
        "refused(wlan.scan)\nwlan.active(True)\n"
        "print([(item[0], len(item[1]), item[3], item[4]) for item in wlan.scan()])\n"
    )
    assert esp32.run(program) == [
        "OSError STA must be active",
        "[(b'simulated', 6, -55, 3), (b'open-to-all', 6, -55, 0), (b'far', 6, -90, 3)]",
    ]


def test_an_esp32_refuses_what_the_driver_refuses(esp32: Bench):
    program = START + (
        "refused(wlan.connect, 'simulated', '')\nwlan.active(True)\n"
        "refused(wlan.status, 'rssi')\nrefused(wlan.status, 'colour')\n"
        "refused(wlan.connect, 'elsewhere', '')\nrefused(wlan.connect, 'simulated', '')\n"
        "access = network.WLAN(network.AP_IF)\nrefused(access.connect, 'x')\n"
        "refused(network.WLAN, 7)\nrefused(wlan.config, 'nothing')\n"
        "print(wlan is network.WLAN(network.STA_IF), access.active(), access.ifconfig()[0])\n"
    )
    assert esp32.run(program) == [
        "OSError Wifi Not Started",
        "OSError Wifi Not Connected",
        "ValueError unknown status param",
        "taken",
        "OSError Wifi Internal State Error",
        "OSError STA required",
        "ValueError invalid WLAN interface identifier",
        "ValueError unknown config param",
        "True False 192.168.4.1",
    ]


def test_the_mac_lasts(make: Make):
    program = START + "print(wlan.config('mac'), network.WLAN(1).config('mac'))\n"
    first = make(root="a").run(program)
    again = make(root="b").run(program)
    assert first != again
    macs = first[0].split(" ")
    assert macs[0] != macs[1]


def test_a_network_that_goes_and_comes_back(esp32: Bench):
    esp32.begin(
        JOIN
        + "while wlan.isconnected():\n    time.sleep_ms(5)\nprint('gone')\n"
        + "wait(network.STAT_NO_AP_FOUND)\nwait(network.STAT_GOT_IP)\n"
    )
    esp32.printed("1010 True")
    esp32.board.control("wifi down")
    esp32.printed("201 False")
    esp32.board.control("wifi up")
    esp32.printed("1010 True", 2)
    states = [event["state"] for event in esp32.events if event["event"] == "wifi"]
    assert states[:6] == ["connecting", "up", "connecting", "no_ap", "connecting", "up"]


def test_an_esp8266_finds_its_network_again_after_a_reset(esp8266: Bench):
    program = START + (
        "import machine\nif machine.reset_cause() == machine.PWRON_RESET:\n"
        "    wlan.active(True)\n    wlan.connect('simulated', 'simulated-password')\n"
        "    wait(network.STAT_GOT_IP)\n    machine.reset()\nwait(network.STAT_GOT_IP)\n"
    )
    assert esp8266.run(program) == ["5 True", "5 True"]


@pytest.fixture
def echo() -> Iterator[int]:
    """Yield the port of a server that sends all received bytes back."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with sock:
                while data := sock.recv(1000):
                    sock.sendall(data)

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


TALK = """\
sock = socket.socket()
sock.connect(socket.getaddrinfo('127.0.0.1', {port}, 0, socket.SOCK_STREAM)[0][-1])
sock.settimeout(20)

def talk(data):
    sock.write(data)
    print(sock.read(len(data)))

"""


def test_sockets_are_real_and_need_the_network(esp32: Bench, echo: int):
    program = START + "refused(socket.getaddrinfo, '127.0.0.1', 80)\n" + JOIN
    lines = esp32.run(program + TALK.format(port=echo) + "talk(b'ping')\n")
    assert lines == ["OSError -202", "1010 True", "b'ping'"]


@pytest.fixture
def secured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Yield `secured(by_name)`: start a TLS server for 127.0.0.1; return its authority and port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def make(by_name: bool) -> tuple[bytes, int]:
        if not by_name:
            address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
            monkeypatch.setattr(certificates, "_alternatives", lambda _: [address])
        authority = Authority(tmp_path)
        context = authority.server("127.0.0.1")

        def serve() -> None:
            sock, _ = listener.accept()
            with suppress(OSError), context.wrap_socket(sock, server_side=True) as wrapped:
                wrapped.sendall(b"hello")

        threading.Thread(target=serve, daemon=True).start()
        ca = Path(authority.ca).read_text()
        return ssl.PEM_cert_to_DER_cert(ca), int(listener.getsockname()[1])

    yield make
    listener.close()


SECURE = """\
import binascii, machine, ssl
machine.RTC().datetime({now})
sock = socket.socket()
sock.connect(socket.getaddrinfo('127.0.0.1', {port}, 0, socket.SOCK_STREAM)[0][-1])
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.verify_mode = ssl.CERT_REQUIRED
context.load_verify_locations(cadata=binascii.unhexlify({ca!r}))
try:
    print(context.wrap_socket(sock, server_hostname='127.0.0.1').read(5))
except OSError as error:
    print('refused')
"""


@pytest.mark.parametrize(
    ("version", "by_name", "said"),
    [
        ("1.23", True, "b'hello'"),
        ("1.23", False, "refused"),
        ("1.24", False, "b'hello'"),
    ],
)
def test_an_address_in_a_certificate(
    make: Make, secured: Any, version: str, by_name: bool, said: str
):
    """mbedTLS before 3.5 compares names only; an address written as a name is one."""
    ca, port = secured(by_name)
    now = time.gmtime()
    moment = (now.tm_year, now.tm_mon, now.tm_mday, 0, now.tm_hour, 0, 0, 0)
    program = JOIN + SECURE.format(now=moment, port=port, ca=ca.hex())
    assert make(firmware=version).run(program) == ["1010 True", said]


def test_firmware_before_1_21_has_no_context(make: Make):
    program = "import ssl\nprint(hasattr(ssl, 'SSLContext'), hasattr(ssl, 'wrap_socket'))\n"
    assert make(firmware="1.20").run(program) == ["False True"]


@pytest.mark.parametrize(("version", "told"), [("1.20", 1001), ("1.23", 201)])
def test_whether_the_status_says_why_there_is_no_link(make: Make, version: str, told: int):
    program = START + (
        "wlan.active(True)\nwlan.connect('elsewhere', 'x')\ntime.sleep_ms(200)\n"
        "print(wlan.status(), wlan.scan())\nwlan.disconnect()\nwait(1000)\n"
    )
    assert make(firmware=version).run(program) == ["%d []" % told, "1000 False"]


def test_what_is_sent_while_the_network_is_gone_arrives_late(esp32: Bench, echo: int):
    talk = "talk(b'one')\nsys.stdin.readline()\nsock.settimeout(0.3)\n"
    talk += "refused(talk, b'two')\nprint('waited')\nsys.stdin.readline()\n"
    talk += "sock.settimeout(20)\nprint(sock.read(3))\n"
    esp32.begin(JOIN + TALK.format(port=echo) + talk)
    esp32.printed("b'one'")
    esp32.board.control("wifi down")
    esp32.board.type("on")
    esp32.printed("waited")
    esp32.board.control("wifi up")
    esp32.board.control("type on")
    esp32.printed("b'two'")


def test_a_server_that_refuses_is_noticed(esp32: Bench):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    lines = esp32.run(JOIN + TALK.format(port=port) + "refused(talk, b'one')\n")
    assert lines[-1].split(" ")[0] in ("OSError", "b''")


def test_a_board_that_listens_gets_a_port_of_ours(esp32: Bench):
    esp32.begin(
        JOIN
        + "server = socket.socket()\nserver.bind(socket.getaddrinfo('0.0.0.0', 80)[0][-1])\n"
        + "server.listen(1)\nprint('listens')\nserver.accept()[0].write(b'hello')\n"
    )
    esp32.printed("listens")
    host, port = esp32.event("listens", port=80)["at"].split(":")
    with socket.create_connection((host, int(port)), 20) as sock:
        assert sock.recv(5) == b"hello"


def test_a_station_without_a_board():
    air = Air(delay_s=1.0)
    air.add(Network("home", "secret"))
    station = Station(air)
    station.connect("home", "secret", 0)
    assert (station.state(5), station.next_change(5)) == ("idle", None)  # the radio is off
    station.turn(True, 10)
    assert (station.state(10.5), station.next_change(10.5)) == ("connecting", 11.0)
    assert station.state(11) == "up"
    air.networks["home"].password = "new"
    station.changed(20)
    assert [station.state(20.5), station.state(21)] == ["connecting", "password"]
    air.networks.clear()
    station.changed(30)
    assert station.state(31) == "no_ap"
    station.disconnect(40)
    assert (station.state(40), station.network()) == ("idle", None)
