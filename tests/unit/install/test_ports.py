"""The serial ports, and the board at each."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from serial.tools import list_ports

from app import cli
from app.install import ports
from app.install.errors import InstallError
from app.install.failures import explained


def one(device: str, vid: int | None = None, pid: int | None = None, text: str = "n/a"):
    return SimpleNamespace(device=device, vid=vid, pid=pid, description=text)


@pytest.fixture
def there(monkeypatch):
    """Return a function that sets the machine's ports."""

    def put(*found):
        monkeypatch.setattr(list_ports, "comports", lambda: list(found))

    return put


def test_likely_boards_come_first(there):
    there(
        one("/dev/ttyS0"),
        one("/dev/ttyACM1", 0x2341, 0x0043, "Arduino"),
        one("/dev/ttyUSB0", 0x10C4, 0xEA60, "CP2102"),
        one("/dev/ttyACM0", 0x303A, 0x4001, "ESP"),
    )
    found = ports.found()
    assert [port.name for port in found] == [
        "/dev/ttyACM0",
        "/dev/ttyUSB0",
        "/dev/ttyACM1",
        "/dev/ttyS0",
    ]
    assert found[1].shown() == "/dev/ttyUSB0  10c4:ea60  CP210x, likely an ESP32 or ESP8266"
    assert found[2].shown() == "/dev/ttyACM1  2341:0043  Arduino"
    assert found[0].likely == "USB of Espressif"


def test_the_only_likely_one_is_taken(there):
    there(one("/dev/ttyS0"), one("/dev/ttyUSB0", 0x1A86, 0x7523), one("/dev/ttyACM0", 1, 2))
    assert ports.only(ports.found()) == "/dev/ttyUSB0"
    there(one("/dev/ttyS0"), one("/dev/ttyACM0", 1, 2))
    assert ports.only(ports.found()) == "/dev/ttyACM0"


def test_without_a_board_the_cable_is_suspected(there, capsys):
    there(one("/dev/ttyS0"))
    assert cli.main(["install", "--yes"]) == 1
    assert "plug it in with a cable that carries data" in capsys.readouterr().err


def test_among_several_nobody_guesses(there):
    there(one("/dev/ttyUSB0", 0x1A86, 0x7523), one("/dev/ttyUSB1", 0x1A86, 0x7523))
    with pytest.raises(InstallError, match=r"(?s)choose one with --port:.*USB0.*\n.*USB1"):
        ports.only(ports.found())


def test_the_list(there, capsys):
    there(one("COM3", 0x10C4, 0xEA60))
    assert cli.main(["install", "--list"]) == 0
    assert capsys.readouterr().out.startswith("COM3  10c4:ea60  CP210x")
    assert cli.main(["install", "--list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["usb"] == "10c4:ea60"


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("Failed to connect to ESP32: Wrong boot mode detected (0x13)!", "hold its button BOOT"),
        ("Failed to connect to ESP32: Invalid head of packet (0x08)", "with --baud 115200"),
        ("This chip is ESP32-C3, not ESP32. Wrong chip argument?", "another chip than before"),
        ("MD5 of file does not match data in flash!", "does not hold what was written"),
        ("Active security features detected: flash encryption", "only its owner's keys"),
        ("A serial exception error occurred: device disconnected", "put the cable in firmly"),
        ("Timed out waiting for packet header", "with --baud 115200"),
        ("some other thing", "esptool failed: A fatal error occurred: some other thing - unplug"),
    ],
)
def test_each_failure_has_its_next_step(said, says):
    lines = ["esptool v5.6.0", "ERROR: A fatal error occurred: " + said, "For troubleshooting: ..."]
    assert says in explained(lines, "COM3")
    assert explained(lines, "COM3").startswith("COM3: ")


def test_a_failure_without_a_word():
    assert "esptool failed: it said nothing - unplug" in explained([], "COM3")
