"""The report of a board on itself, and the doctor's verdict on it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from app.cli.doctor import main, shown
from app.doctor.probe import PROGRAM, Facts, facts
from app.doctor.verdict import NOTE, STOP, findings, runs
from tests.unit.simulator.conftest import INSTALLED, Make, make

__all__ = ["make"]

ESP32 = Facts(
    name="micropython",
    version=(1, 25, 0),
    platform="esp32",
    machine="Generic ESP32 module with ESP32",
    mpy=6,
    heap=(120 << 10, 30 << 10),
    flash=4 << 20,
    files=(2 << 20, 1 << 20),
    kind="littlefs",
    partitions=[("factory", 0x10000, 0x1F0000), ("vfs", 0x200000, 0x200000)],
    vfsrom=True,
    year=2026,
    wifi=(True, True),
    names=["boot.py", "main.py", "loader.mpy"],
)
ESP8266 = replace(
    ESP32,
    platform="esp8266",
    heap=(30 << 10, 8 << 10),
    partitions=None,
    files=(1 << 20, 900 << 10),
    wake=16,
)


@pytest.mark.parametrize(
    ("board", "changes", "about", "level", "says"),
    [
        (ESP32, {"version": (1, 15, 0)}, "firmware", STOP, "MicroPython 1.16 or newer; the newest"),
        (ESP32, {"mpy": 5}, "firmware", NOTE, "build with --base and this firmware"),
        (ESP32, {"name": "circuitpython"}, "firmware", STOP, "built for MicroPython on an ESP32"),
        (ESP32, {"platform": "rp2"}, "firmware", STOP, "on Linux: pythings run"),
        (ESP32, {"missing": ["ssl", "cryptolib"]}, "modules", STOP, "there is no ssl, cryptolib"),
        (ESP32, {"flash": 2 << 20}, "flash", STOP, "the OS needs 4096 KiB of flash"),
        (ESP32, {"flash": None}, "flash", NOTE, "does not say how large"),
        (ESP32, {}, "ROMFS", NOTE, "no partition romfs: the OS runs from the file system"),
        (ESP32, {"vfsrom": False}, "ROMFS", NOTE, "no VfsRom: the OS runs from the file system"),
        (ESP8266, {"vfsrom": False}, "ROMFS", STOP, "FLASH_2M_ROMFS of ESP8266_GENERIC, 1.25"),
        (ESP8266, {"version": (1, 24, 1)}, "firmware", STOP, "MicroPython 1.25 or newer"),
        (ESP32, {"heap": (20 << 10, 30 << 10)}, "heap", STOP, "the OS needs 64 KiB in all"),
        (ESP32, {"files": None}, "file system", STOP, "none that can be read"),
        (ESP32, {"kind": "other"}, "file system", STOP, "not littlefs"),
        (ESP32, {"files": (256 << 10, 99)}, "file system", STOP, "need 448 KiB: take a larger one"),
        (ESP32, {"files": (1 << 20, 99), "names": []}, "file system", NOTE, "delete files"),
        (ESP32, {"year": 2000}, "clock", NOTE, "asks a time server"),
        (ESP32, {"wifi": None}, "Wi-Fi", STOP, "a firmware with Wi-Fi"),
        (ESP8266, {"wake": -1}, "deep sleep", NOTE, 'wire them, and put "wake": 16'),
        (ESP32, {"names": []}, "OS", NOTE, "pythings build esp32"),
    ],
)
def test_what_stands_in_the_way_is_named(
    board: Facts, changes: dict[str, Any], about: str, level: str, says: str
) -> None:
    found = findings(replace(board, **changes))
    ours = [one for one in found if one.about == about]
    assert [one.level for one in ours] == [level]
    assert says in "%s -> %s" % (ours[0].text, ours[0].do)
    assert runs(found) is (level != STOP)
    assert says in shown(found, runs(found)).replace("\n" + " " * 19, " ")


@pytest.mark.parametrize("board", [ESP32, ESP8266], ids=["esp32", "esp8266"])
def test_a_good_board_is_good(board: Facts) -> None:
    found = findings(board)
    assert runs(found)
    assert [one.about for one in found if one.do] == []
    assert shown(found, True).endswith("The OS runs on this board.\n")


@pytest.mark.parametrize(("wifi", "says"), [((True, False), "on, no link"), ((False,) * 2, "off")])
def test_the_radio(wifi: tuple[bool, bool], says: str) -> None:
    found = findings(replace(ESP32, wifi=wifi))
    assert [one.text for one in found if one.about == "Wi-Fi"] == [says]


@pytest.mark.parametrize("text", ["", "\n", "[]", "{}", "x", '{"name": 1}', "[" * 3000, "null"])
def test_what_is_no_answer(text: str) -> None:
    with pytest.raises(ValueError, match="no answer to what was asked"):
        facts(text)


@pytest.mark.parametrize(
    ("name", "version", "flash"),
    [("esp32", "1.16", 4096), ("esp32", "1.29", 4096), ("esp8266", "1.29", 2048)],
)
def test_a_simulated_board_is_asked(make: Make, name: str, version: str, flash: int) -> None:
    said = make(name, firmware=version).run(PROGRAM)
    board = facts(said[-1])
    assert (board.platform, board.flash) == (name, flash << 10)
    assert board.files
    assert 0 < board.files[1] <= board.files[0]
    assert board.names == ["main.py"]
    assert board.year == 2000
    assert board.wifi == (False, False)
    assert board.missing == []
    assert (board.partitions is not None) is (name == "esp32")
    found = findings(board)
    assert runs(found), json.dumps([one.text for one in found])


@pytest.mark.skipif(not INSTALLED, reason="MicroPython's unix port is not installed")
def test_the_command_with_a_simulated_board(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--sim", "esp8266"]) == 0
    said = capsys.readouterr().out
    assert "ok    ROMFS" in said
    assert said.endswith("The OS runs on this board.\n")
    assert main(["--sim", "esp8266", "--firmware", "1.24"]) == 1
    assert "has no firmware 1.24 - there are 1.25" in capsys.readouterr().err
    assert main(["--sim", "micropython"]) == 1
    assert "STOP  firmware" in capsys.readouterr().out
