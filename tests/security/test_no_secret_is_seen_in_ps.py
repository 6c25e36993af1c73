"""A SIM's PIN and an APN's password reach a Thing by a file or the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.boards.cellular import Cellular
from app.cli import run, runoptions


def parsed(*arguments: str) -> Cellular | None:
    return runoptions.modem(runoptions.parser(["linux"]).parse_args(["--modem", "/x", *arguments]))


def test_by_a_file(tmp_path: Path) -> None:
    pin, password = tmp_path / "pin", tmp_path / "password"
    pin.write_bytes(b"1234\r\n")
    password.write_bytes(b" two words \nand a remark\n")
    found = parsed("--pin-file", str(pin), "--apn-password-file", str(password))
    assert found == Cellular("/x", pin="1234", password=" two words ")


@pytest.mark.parametrize("content", [None, b"", b"\n1234", b"\xff", b"1" * 300])
def test_a_file_that_holds_none_is_told(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pin"
    if content is not None:
        path.write_bytes(content)
    arguments = ["--root", str(tmp_path / "root"), "--aid", "a", "--modem", "/x"]
    assert run.main([*arguments, "--pin-file", str(path)]) == 2
    said = capsys.readouterr().err
    assert str(path) in said
    assert " - " in said


@pytest.mark.parametrize(
    ("option", "instead"),
    [("--sim-pin", "--pin-file"), ("--apn-password", "--apn-password-file")],
)
def test_the_command_line_is_warned_of_and_not_advertised(
    option: str, instead: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--root", str(tmp_path), "--aid", "a", "--modem-only", option, "1234"]
    assert run.main(arguments) == 2  # there is no modem
    said = capsys.readouterr().err
    assert "ps" in said
    assert instead in said
    assert "1234" not in said
    usage = runoptions.parser(["linux"]).format_help()
    assert instead + " " in usage
    assert option + " " not in usage
