"""`pythings build`: its output, and the files that a failure leaves."""

from __future__ import annotations

import json
import os
import re

import pytest

from app import __version__, cli
from app.cli import build
from build.firmware import insert, lfs, release
from tests.fakes.signers import key_list
from tests.unit.firmware import making

pytest.importorskip("littlefs", reason="littlefs-python is not installed")
pytest.importorskip("esptool", reason="esptool is not installed")


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Replace the slow steps: the OS is ready at once; test_insert has esptool's real verdict."""
    monkeypatch.setattr(
        release, "make", lambda board, version, source=False: making.release(version)
    )
    monkeypatch.setattr(insert, "_esptool", lambda program, chip: None)


@pytest.fixture
def run(tmp_path, capsys):
    """Return a function that builds into a folder of its own: (status, stdout, stderr)."""

    def call(*arguments):
        status = cli.main(["build", *map(str, arguments), "--out", str(tmp_path / "out")])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


@pytest.fixture
def base(tmp_path):
    def write(data: bytes):
        file = tmp_path / "base.bin"
        file.write_bytes(data)
        return file

    return write


def test_json_is_one_object(run, tmp_path):
    status, out, err = run("esp32", "esp8266", "micropython", "esp32", "--json")
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert out.count("\n") == 1
    assert [one["board"] for one in told["boards"]] == ["esp32", "esp8266", "micropython"]
    for one in told["boards"]:
        sizes = {
            path: (tmp_path / "out" / one["board"] / path).stat().st_size for path in one["images"]
        }
        assert sizes == one["images"]
        assert one["starts"] is True
        assert "firmware" not in one
    assert told["boards"][0]["file_systems"]["littlefs.bin"]["size"] == 0x200000


def test_json_of_a_firmware(run, base):
    status, out, _ = run("esp32", "--base", base(making.esp32(making.WITH_ROMFS)), "--json")
    assert status == 0
    firmware = json.loads(out)["boards"][0]["firmware"]
    assert firmware["flash_at"] == 0x1000
    assert firmware["micropython"].startswith("MicroPython v1.29.0 on 2026")
    assert set(firmware["partitions"]) == {"vfs", "romfs"}
    for use in firmware["partitions"].values():
        assert 0 < use["used"] < use["size"]


@pytest.mark.parametrize(
    ("board", "chip", "family", "start"),
    [
        ("esp32", "esp32", "ESP32", 0x1000),
        ("esp32", "esp32c3", "ESP32-C3", 0),
        ("esp8266", "esp8266", "ESP8266", 0),
    ],
)
def test_a_browser_can_flash_it(run, base, tmp_path, board, chip, family, start):
    data = making.esp8266() if chip == "esp8266" else making.esp32(chip=chip)
    assert run(board, "--base", base(data))[0] == 0
    told = json.loads((tmp_path / "out" / board / "manifest.json").read_bytes())
    (built,) = told["builds"]
    (part,) = built["parts"]
    assert (built["chipFamily"], part["offset"]) == (family, start)
    assert (tmp_path / "out" / board / part["path"]).stat().st_size > 1 << 20
    assert told["new_install_prompt_erase"] is True
    assert told["version"] == __version__


def test_the_tables(run, base, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    status, out, _ = run("esp8266", "--base", base(making.esp8266()))
    assert status == 0
    assert re.search(r"esp8266 +│ always loaded +│ +1 │ +5,124 ", out)
    assert re.search(r"littlefs.bin +│ 0x100000 │ 3,125,248 │ +\d+,\d+ │ +0\.\d %", out)
    assert re.search(r"firmware.bin: vfs +│ 0x100000 ", out)
    assert "esptool write-flash 0x0 " in out
    assert "An ESP8266 needs MicroPython's variant FLASH_2M_ROMFS, 1.25 or newer" in out
    assert "no main.py" not in out


def test_the_factory_has_a_part_of_the_romfs(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    _, out, _ = run("esp8266")
    assert re.search(r"romfs.bin +│ 0x0b0000 │ +106,496 │ ", out)


def test_an_os_that_does_not_start_is_told(run, monkeypatch):
    os_ = making.release()
    os_.start.clear()
    monkeypatch.setattr(release, "make", lambda *_: os_)
    status, out, _ = run("micropython")
    assert "ROMFS," not in out
    assert status == 0
    assert "no main.py for this board" in out


def test_a_firmware_gets_the_files_that_it_loads(run, base, tmp_path):
    assert run("esp32", "--base", base(making.esp32(version="1.18")))[0] == 0
    assert (tmp_path / "out" / "esp32" / "littlefs.bin").read_bytes().count(b"M\x05\x02\x1f") == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["esp23"], "there is no board 'esp23'; did you mean esp32?"),
        (
            ["toaster"],
            "there is no board 'toaster'; there are: esp32, esp32_sim800, esp8266, "
            "esp8266_sim800, micropython",
        ),
        (["esp32", "esp8266", "--base", "x"], "--base is a firmware for one board, and 2 are"),
    ],
)
def test_wrong_usage(run, arguments, said):
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("pythings build: " + said)


@pytest.mark.parametrize(
    "arguments", [[], ["esp32", "--flash-size", "3M"], ["esp32", "--mpy", "4"]]
)
def test_argparse_refuses(arguments):
    with pytest.raises(SystemExit) as error:
        build.main(arguments)
    assert error.value.code == 2


GOOD = making.esp32()


@pytest.mark.parametrize(
    ("arguments", "data", "said"),
    [
        (["esp32"], b"", "the base firmware cannot be used: it is not a firmware"),
        (["esp32"], making.esp8266(), "it is for another chip: esp8266, not esp32"),
        (["esp8266"], GOOD, "it is for another chip: esp32, not esp8266"),
        (["esp32"], GOOD[:-1], "it is truncated"),
        (["esp32"], making.esp32(making.CLASSIC[:3], "1.20"), "it has no partition vfs"),
        (["esp32", "--flash-size", "2M"], GOOD, "it has no room"),
        (["esp32", "--mpy", "5"], GOOD, "version 5, and the firmware loads version 6"),
        (["micropython"], GOOD, "has no firmware to put the OS into"),
    ],
)
def test_a_bad_base_leaves_nothing(run, base, arguments, data, said, tmp_path):
    status, out, err = run(*arguments, "--base", base(data))
    assert (status, out) == (1, "")
    assert err.startswith("pythings build: ")
    assert said in err
    assert err.count("\n") == 1
    assert os.listdir(tmp_path) == ["base.bin"]


def test_a_bad_base_leaves_what_was_there(run, base, tmp_path):
    assert run("esp32", "--base", base(GOOD))[0] == 0
    before = (tmp_path / "out" / "esp32" / "firmware.bin").read_bytes()
    assert run("esp32", "--base", base(GOOD[:-1]))[0] == 1
    assert (tmp_path / "out" / "esp32" / "firmware.bin").read_bytes() == before


def test_a_base_that_is_not_there(run, tmp_path):
    status, _, err = run("esp32", "--base", tmp_path / "none.bin")
    assert status == 1
    assert "none.bin cannot be read: No such file or directory" in err
    assert "cannot be read: Is a directory" in run("esp32", "--base", tmp_path)[2]


def test_a_base_larger_than_any_flash(run, base, monkeypatch):
    monkeypatch.setattr(build, "_LARGEST_BASE", len(GOOD) - 1)
    assert "cannot be read: it is larger than" in run("esp32", "--base", base(GOOD))[2]


def test_an_output_that_cannot_be_written(run, tmp_path):
    (tmp_path / "out").write_text("")
    status, _, err = run("esp32")
    assert status == 1
    assert "out cannot be written - name another folder with --out" in err


def test_a_key_list_goes_into_the_file_system(run, tmp_path):
    path = tmp_path / "keys.1"
    path.write_bytes(key_list())
    assert run("esp32", "--trust", path)[0] == 0
    image = (tmp_path / "out" / "esp32" / "littlefs.bin").read_bytes()
    assert lfs.read(image)["trust"] == key_list()


def test_what_is_no_key_list_is_said(run, tmp_path):
    path = tmp_path / "keys.1"
    status, _, err = run("esp32", "--trust", path)
    assert (status, "cannot be read" in err) == (1, True)
    path.write_bytes(key_list(by=("stranger",)))
    status, _, err = run("esp32", "--trust", path)
    assert (status, "is no key list" in err) == (1, True)
