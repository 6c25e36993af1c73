"""`pythings run --trust`: the key list that a person gives."""

from __future__ import annotations

import pytest

from adapters.linux.storage import LinuxStorage
from app.boards import linux
from app.cli import runoptions
from app.cli.run import main
from tests.fakes.signers import key_list


@pytest.fixture
def started(tmp_path, monkeypatch):
    """Return `started(list)`: run with a key list in a file, and return the Thing's storage."""
    monkeypatch.setattr("app.runtime.slot.start", lambda options: 0)

    def start(data, *more):
        given = tmp_path / "given"
        given.write_bytes(data)
        root = tmp_path / "root"
        arguments = ["--root", str(root), "--aid", "x", "--trust", str(given), *more]
        assert main(arguments) == 0
        return LinuxStorage(str(root))

    return start


def test_a_given_list_is_trusted(started):
    assert started(key_list()).read("trust") == key_list()


def test_a_later_list_stays_when_the_same_one_is_given_again(started):
    storage = started(key_list())
    storage.replace("trust", key_list(2))  # as a release brings it
    assert started(key_list()).read("trust") == key_list(2)
    assert started(key_list(root=("other",), by=("other",))).read("trust") != key_list(2)


@pytest.mark.parametrize("data", [b"", b"garbage", None])
def test_what_is_no_key_list_is_said_at_once(tmp_path, capsys, data):
    path = tmp_path / "given"
    if data is not None:
        path.write_bytes(data)
    arguments = ["--root", str(tmp_path / "root"), "--aid", "x", "--trust", str(path)]
    assert main(arguments) == 2
    assert "cannot be used" in capsys.readouterr().err


def test_a_file_without_an_end(tmp_path):
    assert "cannot be used" in runoptions.trust_problem("/dev/zero")


def test_a_list_that_its_own_root_has_not_signed(tmp_path):
    path = tmp_path / "given"
    path.write_bytes(key_list(by=("stranger",)))
    assert "security T2" in runoptions.trust_problem(str(path))


def test_the_version_of_a_release(tmp_path, monkeypatch):
    factory = linux.version()
    monkeypatch.setattr("app.__file__", str(tmp_path / "app" / "__init__.py"))
    assert linux.version() == factory
    (tmp_path / "version.py").write_text("version='2.5.0'\n")
    assert linux.version() == "2.5.0"
    (tmp_path / "version.py").write_text("")
    assert linux.version() == factory
