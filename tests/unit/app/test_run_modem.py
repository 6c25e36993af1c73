"""`pythings run --modem`: impossible options are refused at once, the others take effect."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from adapters.linux.uart import SerialUart
from app.boards.cellular import Cellular, way
from app.boards.linux import compose
from app.cli import run, runoptions
from domain.errors import LinkError
from tests.fakes.console import FakeConsole


@pytest.mark.parametrize(
    ("arguments", "mention"),
    [
        (["--modem", "/dev/x", "--apn", 'a"b'], "no quote"),
        (["--modem", "/dev/x", "--sim-pin", "12"], "4 to 8 digits"),
        (["--modem-only"], "--modem PORT"),
    ],
)
def test_wrong_usage(arguments, mention, tmp_path: Path, capsys):
    assert run.main(["--root", str(tmp_path), "--aid", "a", *arguments]) == 2
    assert mention in capsys.readouterr().err


def test_from_the_environment(monkeypatch):
    options = runoptions.parser(["linux"]).parse_args([])
    assert runoptions.modem(options) is None
    monkeypatch.setenv("PYTHINGS_MODEM", "/dev/x")
    monkeypatch.setenv("PYTHINGS_SIM_PIN", "1234")
    assert runoptions.modem(options) == Cellular("/dev/x", pin="1234")


def test_compositions(tmp_path: Path):
    for modem, kinds in (
        (None, ["host"]),
        (Cellular("/dev/x"), ["host", "cellular"]),
        (Cellular("/dev/x", only=True), ["cellular"]),
    ):
        output = io.StringIO()
        thing = compose(str(tmp_path), {}, output, as_json=True, modem=modem)
        assert [link.status()["kind"] for link in thing.links] == kinds
        assert ("no certificate" in output.getvalue()) is (modem is not None)


def test_a_linux_modem_has_no_pins():
    assert SerialUart("/dev/nothing-there").pull("key", 1) is False
    link, _ = way(Cellular("/dev/nothing-there", "internet"), FakeConsole())
    with pytest.raises(LinkError, match="nothing-there"):
        link.up("cloud.example")
