"""The folders are written completely or not at all, and no foreign file is touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from build.firmware import output
from build.firmware.model import BuildResult, FirmwareError
from tests.unit.firmware import making


def result(board: str, text: bytes = b"1") -> BuildResult:
    files = {"littlefs.bin": text, "modules/pt.py": text, "manifest.py": text}
    return BuildResult(board, making.release(), files)


def there(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_new_folders(tmp_path):
    out = tmp_path / "a" / "b"
    output.writable(out, ["x", "y"])
    assert not (tmp_path / "a").exists()
    output.write(out, [result("x"), result("y")])
    assert set(os.listdir(out)) == {"x", "y"}
    assert there(out / "x") == result("x").files


def test_what_we_made_before_is_replaced(tmp_path):
    output.write(tmp_path, [result("x", b"1")])
    (tmp_path / "x" / "firmware.bin").write_bytes(b"old")
    output.writable(tmp_path, ["x"])
    output.write(tmp_path, [result("x", b"2")])
    assert there(tmp_path) == {"x/" + name: b"2" for name in result("x").files}


def test_what_is_not_ours_is_not_touched(tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "thesis.tex").write_text("")
    with pytest.raises(FirmwareError, match=r"not ours \(thesis.tex\) - name another folder"):
        output.writable(tmp_path, ["x"])


@pytest.mark.parametrize("path", ["file", "file/deeper", "link"])
def test_what_is_no_folder(path, tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FirmwareError, match="cannot be written - name another folder"):
        output.writable(tmp_path / path, ["x"])


def test_a_file_in_the_place_of_a_boards_folder(tmp_path):
    (tmp_path / "x").write_text("")
    with pytest.raises(FirmwareError, match="x cannot be written: Not a directory"):
        output.writable(tmp_path, ["x"])


def test_a_folder_without_rights(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(FirmwareError, match="cannot be written - name another folder"):
        output.writable(tmp_path, ["x"])


def failing(real, moment, error):
    """Return the same method, with one call that fails."""
    count = iter(range(100))

    def call(*arguments):
        if next(count) == moment:
            raise error
        return real(*arguments)

    return call


@pytest.mark.parametrize("call", ["write_bytes", "rename"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_at_any_moment_leaves_whole_folders(call, error, tmp_path, monkeypatch):
    old, new = result("x", b"1"), [result("x", b"2"), result("y", b"2")]
    real = getattr(Path, call)
    for moment in range(10):
        out = tmp_path / str(moment)
        output.write(out, [old])
        with monkeypatch.context() as patch:
            patch.setattr(Path, call, failing(real, moment, error))
            try:
                output.write(out, new)
                break
            except FirmwareError as said:
                assert "cannot be written: No space left" in str(said)
            except KeyboardInterrupt:
                pass
        assert set(os.listdir(out)) <= {"x", "y"}
        assert there(out / "x") in (old.files, new[0].files)
        assert not (out / "y").exists()
    assert moment == (6 if call == "write_bytes" else 3)
    assert there(out / "y") == new[1].files
