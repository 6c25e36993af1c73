"""Files that are named on a command line: none is read without an end, each refusal is told."""

from __future__ import annotations

import argparse
import io
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.linux import inputs
from app.cli import build, cloud, command, label, provision, replay, run, shell, sim, trust
from app.cloud.appcheck import read
from app.cloud.cli.people import password_of
from app.cloud.errors import CloudFailure
from app.cloud.mqtt.broker import broker_of
from app.cloud.srsa import load_key_pair
from app.cloud.vault import load_vault
from app.simulator.errors import SimError
from app.simulator.system import certificate
from build.firmware.model import FirmwareError
from build.release import signing
from build.release.signing import ReleaseError

COMMANDS: dict[str, tuple[Callable[[list[str]], int], str]] = {
    "run --trust": (run.main, "--root ROOT --aid x --trust FILE"),
    "run --ca": (run.main, "--root ROOT --aid x --ca FILE"),
    "run --pin-file": (run.main, "--root ROOT --aid x --modem tty --pin-file FILE"),
    "shell": (shell.main, "FILE"),
    "replay": (replay.main, "FILE"),
    "label": (label.main, "FILE"),
    "provision": (provision.main, "--from FILE --report ROOT/report"),
    "command sign": (command.main, "sign FILE --tid a --keys ROOT"),
    "trust check": (trust.main, "check APP --trust FILE"),
    "trust check --ca": (trust.main, "check https://127.0.0.1:9 --aid x --ca FILE"),
    "sim --trust": (sim.main, "esp32 --root ROOT --trust FILE"),
    "sim --script": (sim.main, "esp32 --root ROOT --script FILE"),
    "cloud --token-file": (cloud.main, "--url https://127.0.0.1:9 --token-file FILE app list"),
    "cloud --ca": (cloud.main, "--url https://127.0.0.1:9 --ca FILE app list"),
    "cloud import": (cloud.main, "--data ROOT import FILE"),
    "cloud restore": (cloud.main, "--data ROOT restore FILE"),
    "cloud --cert": (cloud.main, "--data ROOT serve --port 0 --cert FILE --key FILE"),
}

READERS: dict[str, Callable[[Path], object]] = {
    "the key list of build and install": build.key_list,
    "the firmware of build and install": build.read_firmware,
    "the authority of sim, shell and install": certificate,
    "a private key": lambda path: signing.load(path, "password"),
    "the password of an account, alarms' URL and secret": lambda path: password_of(path, ""),
    "--store-key": lambda path: load_vault(path, make=False),
    "--key-pair": load_key_pair,
    "--mqtt-ca": lambda path: broker_of("mqtts://127.0.0.1:9", ca=path),
    "cloud app commit": lambda path: read([path]),
}

REASONS = {
    "device": "it is a device, not a file",
    "folder": "Is a directory",
    "missing": "No such file or directory",
}

TAKEN = {
    ("--key-pair", REASONS["missing"]),  # it is made
    ("cloud app commit", REASONS["folder"]),
}


@pytest.fixture(params=REASONS)
def bad(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """A path that is no file, and the reason that has to be told."""
    paths = {"device": Path("/dev/zero"), "folder": tmp_path, "missing": tmp_path / "none"}
    return paths[request.param], REASONS[request.param]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_names_the_file_and_the_reason(
    name: str, bad: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, reason = bad
    status, said = _said(name, path, tmp_path, capsys)
    assert status in (1, 2)
    assert str(path) in said
    assert reason in said
    assert "Errno" not in said


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"cloud --ca", "cloud import"}))
def test_a_command_refuses_bytes_that_are_no_text(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "latin"
    path.write_bytes(b"\xff\xfecaf\xe9")
    path.chmod(0o600)
    status, said = _said(name, path, tmp_path, capsys)
    assert status in (1, 2)
    assert "latin" in said


@pytest.mark.parametrize("name", READERS)
def test_a_reader_tells_the_reason(name: str, bad: tuple[Path, str]) -> None:
    path, reason = bad
    if (name, reason) in TAKEN:
        READERS[name](path)
        return
    with pytest.raises((CloudFailure, FirmwareError, ReleaseError, SimError)) as caught:
        READERS[name](path)
    assert reason in str(caught.value)


def _said(
    name: str, path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    (tmp_path / "app").mkdir(exist_ok=True)
    (tmp_path / "app" / "worker_task.py").touch()
    main, line = COMMANDS[name]
    names = {"FILE": str(path), "ROOT": str(tmp_path / "root"), "APP": str(tmp_path / "app")}
    status = main([names.get(word, word) for word in line.split()])
    return status, capsys.readouterr().err


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"1234\r\nmore than that")
    assert inputs.data(path, 20) == path.read_bytes()
    assert inputs.first_line(path, 5) == "1234"
    for reads in (inputs.data, inputs.text):
        with pytest.raises(OSError, match="it is larger than 19 bytes"):
            reads(path, 19)
    with pytest.raises(OSError, match="it is larger than 3 bytes"):
        inputs.first_line(path, 3)
    path.write_bytes(b"caf\xe9\nmore")
    for reads in (inputs.text, inputs.first_line):
        with pytest.raises(OSError, match="it is not UTF-8 text"):
            reads(path, 99)


def test_a_secret_comes_through_a_pipe_of_the_shell() -> None:
    receiver, sender = os.pipe()
    os.write(sender, b"secret\n")
    os.close(sender)
    try:
        assert inputs.first_line("/dev/fd/%d" % receiver, 99) == "secret"
        with pytest.raises(OSError, match="it is a pipe, not a file"):
            inputs.data("/dev/fd/%d" % receiver, 99)
    finally:
        os.close(receiver)


def test_a_pipe_that_no_program_writes_to_is_empty(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    found: list[str] = []
    reader = threading.Thread(
        target=lambda: found.append(inputs.first_line(tmp_path / "pipe", 99)), daemon=True
    )
    reader.start()
    reader.join(60)
    assert found == [""]


@pytest.mark.parametrize("argv", [["sign", "-", "--tid", "a"]])
def test_standard_input_has_a_limit(
    argv: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with open("/dev/zero", encoding="utf-8") as endless:
        monkeypatch.setattr(sys, "stdin", endless)
        assert command.main(argv) == 1
        assert "it is larger than" in capsys.readouterr().err
        assert shell.main(["--board", "linux"]) == 2
        assert "it is larger than" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdin", io.StringIO("\udcff"))
    assert command.main(argv) == 1
    assert "it is not UTF-8 text" in capsys.readouterr().err


def test_a_backup_replaces_no_device(tmp_path: Path) -> None:
    (tmp_path / "cloud.db").touch()
    (tmp_path / "null").symlink_to("/dev/null")
    args = argparse.Namespace(
        data=tmp_path, file=tmp_path / "null", url=None, database=None, json=False
    )
    from app.cloud.cli.upkeep import backup

    with pytest.raises(CloudFailure, match="it is a device"):
        backup(args)
