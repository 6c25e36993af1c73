"""How `pythings run` reads its command line, environment and folder."""

from __future__ import annotations

import fcntl
import ssl
from pathlib import Path
from typing import Any, Callable

import pytest

from app.boards.linux import compose
from app.cli import run, runoptions, shell, sim, up
from app.runtime import linux_main
from tests.contract.servers import Authority


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return `start(*arguments)`: the status, and the composition of the Thing that would run."""
    composed: list[dict[str, Any]] = []

    def note(*arguments: Any, **options: Any) -> Any:
        composed.append(options)
        return compose(*arguments, **options)

    monkeypatch.setitem(linux_main.BOARDS, "linux", note)
    monkeypatch.setattr(linux_main, "live", lambda runner, turn: runner.thing.apps.unload() or 0)
    for name in ("AID", "LOGLEVEL", "CA", "ROOT"):
        monkeypatch.delenv("PYTHINGS_" + name, raising=False)

    def begin(*arguments: str) -> Any:
        status = run.main(["--root", str(tmp_path), "--json", *arguments])
        return status, composed.pop() if composed else None

    return begin


def test_the_level_of_the_console(
    start: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    (tmp_path / "loglevel").write_text("loud\n")  # which the Thing tells itself
    common = {"as_json": True, "ca": None, "supervised": False, "modem": None, "sleeps": False}
    assert start("--aid", "x") == (0, {**common, "level": 20})
    monkeypatch.setenv("PYTHINGS_LOGLEVEL", "Warning")
    assert start("--aid", "x")[1]["level"] == 30
    found = start("--aid", "x", "--loglevel", "debug", "--sleep")[1]
    assert (found["level"], found["sleeps"]) == (10, True)
    far = "pythings run: no --backend given: this Thing calls https://backend.pythings.io\n"
    assert capsys.readouterr().err == far * 3
    assert start("--aid", "x", "--backend", "http://127.0.0.1:1")[0] == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("PYTHINGS_LOGLEVEL", "loud")
    assert start("--aid", "x") == (2, None)
    text = "pythings run: loglevel is none of debug, info, warning, error but 'loud'\n"
    assert capsys.readouterr().err == text


def test_an_authority_in_the_root_is_honoured(
    start: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    folder = tmp_path / "authority"
    folder.mkdir()
    made = Path(Authority(folder).ca)
    own = tmp_path / "ca"
    own.write_bytes(made.read_bytes())
    assert start("--aid", "x")[1]["ca"] == str(own)
    own.write_bytes(ssl.PEM_cert_to_DER_cert(made.read_text()))
    used = start("--aid", "x")[1]["ca"]
    assert ssl.PEM_cert_to_DER_cert(Path(used).read_text()) == own.read_bytes()
    monkeypatch.setenv("PYTHINGS_CA", str(made))
    assert start("--aid", "x")[1]["ca"] == str(made)
    monkeypatch.delenv("PYTHINGS_CA")
    capsys.readouterr()
    for content in (b"", b"-----BEGIN CERTIFICATE-----\nx", b"no certificate"):
        own.write_bytes(content)
        assert start("--aid", "x") == (2, None)
        assert str(own) in capsys.readouterr().err
    own.unlink()
    own.mkdir()
    assert start("--aid", "x") == (2, None)
    assert "authority" in capsys.readouterr().err


def test_where_it_cannot_run(start: Any, tmp_path: Path, capsys: Any) -> None:
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert start("--aid", "x") == (1, None)
    assert "another Thing runs in" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert start("--aid", "x", "--root", str(tmp_path / "file")) == (1, None)
    assert "choose another with --root" in capsys.readouterr().err


def test_what_is_wrong_usage(start: Any, capsys: Any) -> None:
    assert start() == (2, None)
    assert "no App id" in capsys.readouterr().err
    assert start("--aid", "x" * 40) == (2, None)
    assert "aid is longer" in capsys.readouterr().err


def test_an_empty_folder_is_not_where_one_stands(
    start: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """A script gives one by a variable that is not set."""
    for command in (run.main, sim.main, shell.main, up.main):
        with pytest.raises(SystemExit):
            command(["--data" if command is up.main else "--root", ""])
        assert "it is empty: give a folder" in capsys.readouterr().err
    monkeypatch.setenv("PYTHINGS_ROOT", "")
    assert runoptions.parser(["linux"]).parse_args([]).root.name == ".pythings"


def test_an_app_id_in_a_file_that_cannot_be_used(start: Any, tmp_path: Path, capsys: Any) -> None:
    """The reason is told, and not that there is none."""
    for content, reason in ((b"a" * 40, "is longer than"), (b"\xff\xfea\0", "is not UTF-8 text")):
        (tmp_path / "aid").write_bytes(content)
        assert start() == (2, None)
        said = capsys.readouterr().err
        assert reason in said
        assert "write the App id anew into %s" % (tmp_path / "aid") in said


@pytest.mark.parametrize("value", ["ftp://host", "host/path", "me:secret@host", "b\u00fccher.de"])
def test_a_backend_that_is_none_is_told_with_its_form(value: str, start: Any, capsys: Any) -> None:
    assert start("--aid", "x", "--backend", value) == (2, None)
    assert "give [http[s]://]host[:port], without a path or a user" in capsys.readouterr().err


@pytest.mark.parametrize("aid", ["a b", "x\u00e9", "'x'"])
def test_ids_that_no_app_has(aid: str, start: Any, capsys: Any) -> None:
    assert start("--aid", aid) == (2, None)
    assert "copy it from your cloud's dashboard" in capsys.readouterr().err


@pytest.mark.parametrize("tid", ["a b", 'a"', "a/b", "é"])
def test_ids_that_no_thing_is_given(tid: str, start: Any, capsys: Any) -> None:
    assert start("--aid", "x", "--tid", tid) == (2, None)
    assert "choose another" in capsys.readouterr().err
