"""The surroundings of a simulated board: commands, its console, the files that it gets."""

from __future__ import annotations

import io
import json
import ssl
from pathlib import Path
from typing import Any

import pytest

from app.simulator import boards, control, interpreter, system
from app.simulator.console import SimConsole
from app.simulator.errors import SimError
from app.simulator.host import OFF, SimBoard
from build.firmware import romfs
from build.firmware.layout import ESP8266_ROMFS, ROM_SLOT
from build.firmware.model import BoardRelease, FirmwareError
from tests.contract.servers import Authority
from tests.unit.simulator.conftest import Bench, Make

# Commands


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("", "is no command"),
        ("dance", "is no command - there are wifi, "),
        ("wifi", "makes no sense"),
        ("wifi sideways", "makes no sense"),
        ("pin 2 3", "makes no sense"),
        ("uart 1 xyz", "makes no sense"),
        ("password new nowhere", "makes no sense"),
        ("power fail soon", "makes no sense"),
        ("power up", "makes no sense"),
        ("timers soon", "makes no sense"),
    ],
)
def test_commands_that_are_none(esp32: Bench, line: str, text: str) -> None:
    with pytest.raises(SimError, match=text):
        control.obey(line, esp32.board.supervisor)


def test_commands_for_the_air(esp32: Bench) -> None:
    air = esp32.board.supervisor.hardware.air
    esp32.board.control("network cafe")
    esp32.board.control("network home secret -70")
    assert [(n.name, n.password, n.rssi) for n in air.in_reach()][1:] == [
        ("cafe", "", -55),
        ("home", "secret", -70),
    ]
    esp32.board.control("password new home")
    assert air.networks["home"].password == "new"
    esp32.board.control("password other")
    assert air.networks["simulated"].password == "other"
    esp32.board.control("forget home")
    esp32.board.control("forget nowhere")
    assert list(air.networks) == ["simulated", "cafe"]
    esp32.board.control("wifi down")
    assert air.in_reach() == []
    esp32.board.control("wifi up")
    esp32.board.control("delay 20")
    assert (len(air.in_reach()), air.delay_s) == (2, 0.02)


def test_the_plug_and_the_button(esp32: Bench) -> None:
    esp32.board.control("reset")  # without power there is nothing to reset
    assert esp32.board.state == OFF
    esp32.load("print('up')")
    esp32.board.control("power on")
    esp32.printed("up")
    esp32.board.control("reset")
    esp32.printed("up", 2)
    esp32.board.control("power cycle")
    esp32.printed("up", 3)
    esp32.board.control("power off")
    assert esp32.causes() == ["power_on", "button", "power_on"]
    esp32.load("open('x', 'w').close()\nprint('written')")
    esp32.board.control("power fail 1")
    esp32.board.control("power on")
    assert esp32.board.wait(OFF) == OFF
    assert "written" not in esp32.lines


def test_timers_can_be_hurried(esp8266: Bench) -> None:
    program = (
        "import time\nfrom machine import Timer\n"
        "timer = Timer(-1)\n"
        "timer.init(period=120000, mode=Timer.ONE_SHOT, callback=lambda _: print('rings'))\n"
        "print('on')\n"
        "while True:\n    time.sleep_ms(10)\n"
    )
    esp8266.board.control("timers 50")
    esp8266.begin(program)
    esp8266.printed("rings")
    esp8266.board.control("timers 0")
    assert esp8266.board.supervisor.timers_ms == 0


def test_boards_that_there_are_not() -> None:
    with pytest.raises(SimError, match="there are esp32, esp8266, micropython"):
        boards.kind_of("esp64")


def test_an_interpreter_that_is_not_installed(monkeypatch: Any, tmp_path: Path) -> None:
    def nothing(_name: str) -> None:
        raise ValueError

    monkeypatch.setattr("importlib.util.find_spec", nothing)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with pytest.raises(SimError, match="install the package"):
        interpreter.command()
    (tmp_path / "micropython").write_text("")
    assert interpreter.command()[-1] == str(tmp_path / "micropython")


# Folders


def test_a_folder_is_for_one_board_at_a_time_and_of_one_kind(make: Make, tmp_path: Path) -> None:
    bench = make("esp32", root="one")
    with pytest.raises(SimError, match="runs on .* already"):
        SimBoard("esp32", tmp_path / "one")
    bench.board.close()
    with pytest.raises(SimError, match="holds an esp32"):
        SimBoard("esp8266", tmp_path / "one")
    (tmp_path / "one" / "board.json").write_text("[]")
    with pytest.raises(SimError, match="is not what a simulated board has left"):
        SimBoard("esp32", tmp_path / "one")
    (tmp_path / "file").write_text("")
    with pytest.raises(SimError, match="cannot be used"):
        SimBoard("esp32", tmp_path / "file")


def test_files_are_to_be_had_when_it_is_off_only(esp32: Bench) -> None:
    esp32.begin("print('up')\nwhile True:\n    pass")
    esp32.printed("up")
    for act in (esp32.board.files, lambda: esp32.board.put({}), lambda: esp32.board.put_rom({})):
        with pytest.raises(SimError, match="when it is off"):
            act()
    with pytest.raises(SimError, match="the board is on, not off"):
        esp32.board.wait(OFF, timeout=0.01)


# Console


def lines(output: io.StringIO) -> list[Any]:
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_what_the_os_prints_is_an_event_and_the_rest_is_text() -> None:
    output = io.StringIO()
    console = SimConsole(output, as_json=True, level=20)
    console.tell("board_reset", cause="power_on")
    console.show('{"event": "boot", "level": "warning", "app": "none"}')
    console.show('{"event": "reading", "level": "debug"}')
    for text in ("Traceback", "[1]", '{"level": "info"}', '{"event": "x", "level": []}', "7"):
        console.show(text)
    told = lines(output)
    assert [event["event"] for event in told] == ["board_reset", "boot", *["console"] * 5]
    assert told[1]["level"] == "warning"
    assert told[2]["text"] == "Traceback"
    plain = io.StringIO()
    SimConsole(plain, as_json=False, level=20).show("Traceback")
    assert plain.getvalue() == "Traceback\n"


# Parameters and the OS


def test_parameters_are_files_and_the_authority_is_der(tmp_path: Path) -> None:
    ca = Path(Authority(tmp_path).ca)
    der = ssl.PEM_cert_to_DER_cert(ca.read_text())
    assert system.parameters({"aid": "x"}, None, True) == {"aid": b"x"}
    assert system.parameters({}, ca, True) == {"ca": der}
    (tmp_path / "der").write_bytes(der)
    assert system.parameters({}, tmp_path / "der", True) == {"ca": der}


@pytest.mark.parametrize(
    "content", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA", b"-----BEGIN \xe9"]
)
def test_an_authority_that_is_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "ca").write_bytes(content)
    with pytest.raises(SimError, match="--ca .*ca "):
        system.parameters({}, tmp_path / "ca", True)
    with pytest.raises(SimError, match="No such file"):
        system.parameters({}, tmp_path / "missing", False)


def test_an_os_that_cannot_be_made(monkeypatch: Any) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise FirmwareError("no compiler")

    monkeypatch.setattr(system, "made_before", fail)
    with pytest.raises(SimError, match="cannot be made: no compiler"):
        system.release("esp32", True)
    monkeypatch.setattr(system, "made_before", lambda *_, **__: BoardRelease({}, {}, {}))
    with pytest.raises(SimError, match="nothing would start"):
        system.release("esp32", True)
    made = BoardRelease({}, {"main.py": b""}, {})
    monkeypatch.setattr(system, "made_before", lambda *_, **__: made)
    assert system.release("esp32", False) is made


def test_an_os_is_installed_once_and_replaced_by_a_new_one(make: Make, tmp_path: Path) -> None:
    board = make("esp8266").board
    root = tmp_path / "board"
    first = BoardRelease({"pt.mpy": b"1", "pt_old.mpy": b"1"}, {"main.py": b"import pt"}, {})
    given = system.parameters({"aid": "a"}, None, False)
    system.install(board, first, given, root)
    assert "wifi" in given
    assert set(board.files()) == {"main.py", *given}  # the rest is executed in place
    mapped = root / "rom.img"
    image = romfs.make(first.files)
    assert mapped.read_bytes() == image.ljust(ESP8266_ROMFS.size, b"\xff")
    # The board's own data behind the image stays.
    mapped.write_bytes(image.ljust(ESP8266_ROMFS.size, b"x"))
    board.put({"main.py": b"from the cloud", "wifi": b"mine"})
    system.install(board, first, {**given, "aid": b"b"}, root)
    files = board.files()
    assert (files["main.py"], files["wifi"], files["aid"]) == (b"from the cloud", b"mine", b"b")
    source = BoardRelease({"pt.py": b"2"}, {"main.py": b"2"}, {})
    system.install(board, source, {}, root)
    behind = b"x" * (ESP8266_ROMFS.size - ROM_SLOT)
    assert mapped.read_bytes() == b"\xff" * ROM_SLOT + behind
    assert board.files()["pt.py"] == b"2"
    system.install(board, first, {}, root)
    assert "pt.py" not in board.files()
    assert mapped.read_bytes() == image.ljust(ROM_SLOT, b"\xff") + behind
    with pytest.raises(SimError, match="the OS has 1"):
        system.install(board, BoardRelease({"pt.mpy": bytes(ROM_SLOT)}, {}, {}), {}, root)
