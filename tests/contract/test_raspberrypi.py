"""A Raspberry Pi: identity from the serial number, and the light."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from adapters.linux.indicator import LedIndicator
from adapters.linux.serialnumber import SerialNumberSystem
from adapters.linux.system import LinuxSystem, derive
from app.boards import raspberrypi

SERIAL = "10000000a1b2c3d4"


def host(path: Path, content: bytes) -> str:
    """Make and return a machine's root with this serial number, and a machine id."""
    for name, data in (("proc/device-tree/serial-number", content), ("etc/machine-id", b"a" * 32)):
        (path / name).parent.mkdir(parents=True)
        (path / name).write_bytes(data)
    return str(path)


def test_identity_is_the_boards(tmp_path: Path) -> None:
    machine = host(tmp_path / "host", SERIAL.encode() + b"\0")
    system = SerialNumberSystem(str(tmp_path / "root"), host=machine)
    assert system.identity() == derive(bytes.fromhex(SERIAL), str(tmp_path / "root"))
    assert system.identity() == system.identity()


@pytest.mark.parametrize("content", [b"", b"\0", b"0" * 16, b"no number", b"\xff\xfe"])
def test_without_a_number_it_is_any_machine(tmp_path: Path, content: bytes) -> None:
    machine = host(tmp_path / "host", content)
    root = str(tmp_path / "root")
    assert (
        SerialNumberSystem(root, host=machine).identity()
        == LinuxSystem(root, host=machine).identity()
    )


def test_the_composition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lights = tmp_path / "leds"
    monkeypatch.setattr(raspberrypi, "LEDS", str(lights))

    def shown(folder: str) -> str:
        os.makedirs(lights / folder, exist_ok=True)
        for name in ("trigger", "brightness"):
            (lights / folder / name).write_text("")
        (lights / folder / "max_brightness").write_text("255\n")
        root = tmp_path / "root"
        root.mkdir(exist_ok=True)
        thing = raspberrypi.compose(str(root), {}, io.StringIO(), as_json=True)
        assert isinstance(thing.indicator, LedIndicator)
        assert thing.system.platform() == "RaspberryPi"
        thing.indicator.show("run")
        return (lights / folder / "brightness").read_text()

    assert shown("led0") == "255"
    assert shown("ACT") == "255"
    (tmp_path / "root" / "led").write_text("../../etc\n")
    assert shown("etc") == "255"  # a path in the file cannot leave LEDS
