"""The folder of a release is written whole or not at all, and no file of another is touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from build.slim import command, emit
from build.slim.model import SlimError

OLD = {"pt.mpy": b"1", "pt_run.mpy": b"1", "main.py": b"1"}
NEW = {"pt.mpy": b"2", "pt_app.mpy": b"2", "loader.py": b"2"}


def there(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def failing(real, moment, error):
    """Return the same method, with one call that fails."""
    count = iter(range(100))

    def call(*arguments):
        if next(count) == moment:
            raise error
        return real(*arguments)

    return call


@pytest.mark.parametrize("name", ["write_bytes", "rename"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_at_any_moment_leaves_a_whole_folder(name, error, tmp_path, monkeypatch):
    real = getattr(Path, name)
    for moment in range(10):
        out = tmp_path / str(moment) / "slim"
        emit.write(OLD, out)
        with monkeypatch.context() as patch:
            patch.setattr(Path, name, failing(real, moment, error))
            try:
                emit.write(NEW, out)
                break
            except SlimError as said:
                assert "cannot be written: No space left" in str(said)
            except KeyboardInterrupt:
                pass
        assert there(out) == OLD
        assert os.listdir(out.parent) == ["slim"]
    assert moment == (3 if name == "write_bytes" else 2)
    assert there(out) == NEW


def test_the_old_files_are_there_until_the_new_ones_are(tmp_path, monkeypatch):
    """So a crash at any moment, which no clean-up follows, loses neither."""
    out = tmp_path / "slim"
    emit.write(OLD, out)
    seen = []
    real = Path.rename

    def rename(path, target):
        found = {file.name for file in tmp_path.rglob("*") if file.is_file()}
        seen.append(found >= OLD.keys() | NEW.keys())
        return real(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    emit.write(NEW, out)
    assert seen == [True, True]


@pytest.mark.parametrize(
    "name", ["ptolemy.txt", "pt.txt", "pt_run.mpy.bak", "main.c", "ptolemy.py"]
)
def test_a_file_of_another_is_not_removed(tmp_path, name):
    emit.write(OLD, tmp_path / "slim")
    (tmp_path / "slim" / name).write_bytes(b"mine")
    with pytest.raises(SlimError, match=r"not ours \(%s\) - name another folder" % name):
        emit.write(NEW, tmp_path / "slim")
    assert there(tmp_path / "slim") == {**OLD, name: b"mine"}


@pytest.mark.parametrize("path", ["file", "file/deeper", "link"])
def test_a_path_that_is_no_folder(path, tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(SlimError, match="cannot be written: .* - name another folder"):
        emit.write(NEW, tmp_path / path)


def test_names_that_cannot_be_written(tmp_path, monkeypatch, capsys, esp8266):
    monkeypatch.setattr(command, "program_of", lambda board: esp8266.program)
    monkeypatch.setattr(command, "transform", lambda program: {})
    monkeypatch.setattr(command, "start", lambda board, program: None)
    names = tmp_path / "no" / "names.json"
    arguments = ["esp8266", "--out", str(tmp_path / "out"), "--names", str(names)]
    assert command.main(arguments) == 1
    said = capsys.readouterr().err
    assert "%s cannot be written: No such file or directory - name another" % names in said
