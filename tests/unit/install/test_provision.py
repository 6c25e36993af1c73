"""Settings for a board: checked, and written through MicroPython's own prompt."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import cli
from app.doctor import port as doctor_port
from app.install import steps
from app.install.ask import Ask
from app.install.errors import InstallError
from app.install.provision import HeldFiles, provisioning
from app.install.show import ProgressScreen
from app.shell.mpremote import RawPrompt
from domain.settings import networks
from tests.unit.doctor.ports import PROMPT
from tests.unit.firmware import making
from tests.unit.simulator.conftest import INSTALLED

upy = pytest.mark.skipif(not INSTALLED, reason="MicroPython's unix port is not installed")
SECRET = "two words"
FACTS: dict[str, object] = {
    "name": "micropython",
    "version": [1, 23, 0],
    "platform": "esp32",
    "heap": [1 << 17, 0],
    "files": [4096, 4096, 512, 512],
    "vfsrom": False,
    "missing": [],
    "wifi": [True, False],
}


@pytest.fixture
def board(tmp_path: Path) -> Iterator[str]:
    """Yield the port of a MicroPython with its files in `tmp_path`."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    process = subprocess.Popen(
        [sys.executable, "-c", PROMPT],
        cwd=tmp_path,
        stdin=master,
        stdout=master,
        stderr=master,
        start_new_session=True,
    )
    yield os.ttyname(slave)
    process.kill()
    process.wait()
    os.close(master)
    os.close(slave)


@upy
def test_a_board_keeps_the_rest(board: str, tmp_path: Path, capsys, monkeypatch) -> None:
    before = HeldFiles()
    provisioning({}, "Old", "old password", None).onto(before)
    (tmp_path / "wifi").write_bytes(before.files["wifi"])
    (tmp_path / "tid").write_text("T1")
    (tmp_path / "secret").write_text(SECRET + "\n")
    monkeypatch.setenv("PYTHINGS_POOL", "garden")
    options = ["--wifi", "New", "--wifi-password-file", str(tmp_path / "secret"), "--aid", "A1"]
    assert cli.main(["install", "--port", board, "--only", "provision", "--yes", *options]) == 0
    said = capsys.readouterr()
    assert "The board has them" in said.out
    assert SECRET not in said.out + said.err
    found = networks.read((tmp_path / "wifi").read_bytes())
    assert {one["name"]: one["password"] for one in found} == {"New": SECRET, "Old": "old password"}
    assert (tmp_path / "aid").read_text() == "A1"
    assert (tmp_path / "pool").read_text() == "garden"
    assert (tmp_path / "tid").read_text() == "T1"


@upy
def test_a_board_of_a_file(board: str, tmp_path: Path, capsys) -> None:
    (tmp_path / "things.csv").write_text(
        "tid,wifi,wifi_password,port\nT7,N,%s,%s\n" % (SECRET, board)
    )
    given = ["provision", "--from", str(tmp_path / "things.csv"), "--only", "provision"]
    assert cli.main(given) == 0
    said = capsys.readouterr().out
    assert "T7 at %s: The board has them" % board in said and SECRET not in said
    assert (tmp_path / "tid").read_text() == "T7"
    assert networks.read((tmp_path / "wifi").read_bytes())[0]["password"] == SECRET


@upy
def test_a_copy_starts_nothing_before_it_is_whole(board, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(doctor_port, "ask", lambda *_: json.dumps(FACTS))
    monkeypatch.setattr(steps, "made_before", lambda name, version: making.release(version))
    written: list[str] = []
    put = RawPrompt.put

    def noted(self, name, content):
        written.append(name)
        return put(self, name, content)

    monkeypatch.setattr(RawPrompt, "put", noted)
    assert cli.main(["install", "--port", board, "--only", "copy", "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[-1]["event"] == "copied"
    assert events[-2] == {"event": "progress", "percent": 100.0}
    assert written[-1] == "main.py"
    assert {name: (tmp_path / name).read_bytes() for name in written} == making.release(6).all


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"platform": "esp8266", "vfsrom": True, "version": [1, 26, 0]}, "So it is flashed"),
        ({"version": [1, 12, 0]}, "firmware: MicroPython 1.12.0"),
        ({"heap": []}, "no answer to what was asked"),
    ],
)
def test_a_board_that_takes_no_copy(changed, says, capsys, monkeypatch) -> None:
    monkeypatch.setattr(doctor_port, "ask", lambda *_: json.dumps({**FACTS, **changed}))
    assert cli.main(["install", "--port", "COM3", "--only", "copy"]) == 1
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "wifi", "password", "says"),
    [
        ({"aid": "A" * 37}, "", "", "aid is longer than 36"),
        ({"tid": "a b"}, "", "", "has more than letters"),
        ({"backend": "http://"}, "", "", "backend"),
        ({}, "N" * 33, "", "1 to 32 bytes"),
        ({}, "Meier", "short", "8 to 63 bytes"),
    ],
)
def test_what_no_thing_takes_is_said_before(given, wifi, password, says) -> None:
    with pytest.raises(InstallError, match=says) as caught:
        provisioning(given, wifi, password, None)
    assert not password or password not in str(caught.value)


def test_what_holds_a_password_does_not_show_it() -> None:
    assert SECRET not in repr(provisioning({}, "Meier", "two words", None))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--only", "copy", "--labels", "x"], "is for a board that is flashed"),
        (["--only", "provision"], "nothing to write was given"),
        (["--wifi", "Meier"], "no password for the network Meier"),
        (["--wifi", "Meier", "--wifi-password-file", "missing"], "missing cannot be read"),
        (["--ca", "missing"], "--ca missing cannot be used"),
        (["--only", "provision", "--aid", "A"], "there is no COM3"),
        (["--only", "flash", "--base", "missing", "--yes"], "there is no COM3"),
    ],
)
def test_what_is_missing_is_said(arguments, says, capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHINGS_WIFI_PASSWORD", raising=False)
    assert cli.main(["install", "--port", "COM3", *arguments]) == 1
    assert says in capsys.readouterr().err


def test_a_person_is_asked(monkeypatch, capsys) -> None:
    ask = Ask(ProgressScreen(), True)
    answers = iter(["Meier", "A1", "", "firmware.bin", "no", "yes"])
    monkeypatch.setattr("sys.stdin.readline", lambda: next(answers) + "\n", raising=False)
    monkeypatch.setattr("getpass.getpass", lambda question: SECRET)
    assert ask.network() == ("Meier", SECRET)
    assert ask.aid() == "A1"
    with pytest.raises(InstallError, match="official MicroPython for the esp32"):
        ask.base("esp32")
    assert ask.base("esp32") == Path("firmware.bin")
    with pytest.raises(InstallError, match="nothing was changed"):
        ask.agreed("COM3", "esp32")
    ask.agreed("COM3", "esp32")
    assert SECRET not in capsys.readouterr().out
