"""Signing an app, and the messages to its owner."""

from __future__ import annotations

import pytest

from app.cli.app import main, signed
from app.cli.keys import main as keys_command
from build.release import appsign
from build.release.signing import ReleaseError
from domain.app.signed_app import NAME
from tests.fakes.signers import signer

SOURCE = b"sign = 1\nclass WorkerTask:\n    def call(self):\n        return 'caf\xc3\xa9'\n"


@pytest.fixture
def keys(tmp_path):
    folder = str(tmp_path / "keys")
    keys_command(["--keys", folder, "new", "--no-password", "--app", "1"])
    return folder


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "worker_task.py").write_bytes(SOURCE)
    (folder / "management_task.py").write_bytes(b"x = 1")
    return folder


def said(source):
    return appsign.said((source / NAME).read_bytes())


def test_a_folder_is_signed(keys, source, capsys):
    assert main(["sign", str(source), "--aid", "app-1", "--keys", keys]) == 0
    app = said(source)
    assert (app.aid, app.keys) == ("app-1", 1)
    assert [name for name, _, _ in app.files] == ["management_task.py", "worker_task.py"]
    assert (source / "worker_task.py").read_bytes() == SOURCE
    compile((source / NAME).read_bytes(), NAME, "exec")
    assert "commit it with the files" in capsys.readouterr().out


def test_the_number_grows_each_time(keys, source):
    def number(*more):
        main(["sign", str(source), "--aid", "app-1", "--keys", keys, *more])
        return said(source).number

    assert number("--number", "9000000000") == 9_000_000_000
    assert number() == 9_000_000_001
    assert number("--number", "7") + number() > 1_700_000_000


def test_files_as_an_older_thing_wants_them(keys, source):
    arguments = ["sign", str(source), "--aid", "app-1", "--keys", keys, "--older"]
    assert main(arguments) == 0
    data = (source / "worker_task.py").read_bytes()
    assert data.startswith(b"# pythings-app 1 worker_task.py\n")
    assert data.splitlines()[-1].startswith(b"# sign ")
    compile(data, "worker_task.py", "exec")
    # The manifest is such a file, too: an older Thing wants all of them signed.
    manifest = (source / NAME).read_bytes()
    assert manifest.startswith(b"# pythings-app 1 app_manifest.py\n")
    main(arguments)
    assert (source / "worker_task.py").read_bytes() == data
    files = {path.name: path.read_bytes() for path in source.iterdir()}
    assert appsign.complaint("app-1", files) == ""


@pytest.mark.parametrize(
    ("arguments", "mention"),
    [
        (["none.py"], "No such file"),
        ([], "there are no files"),
        (["worker_task.py", "worker_task.py"], "name each once"),
        (["worker_task.py", "--aid", "two words"], "no App id"),
        (["worker_task.py", "--aid", ""], "no App id"),
        (["worker_task.py", "--key", "other.pem"], "other.pem"),
    ],
)
def test_what_cannot_be_signed(keys, source, tmp_path, arguments, mention, capsys):
    (tmp_path / "empty").mkdir()
    files = [str(source / one) for one in arguments if one.endswith("py")]
    rest = [one for one in arguments if not one.endswith("py")]
    more = [] if "--aid" in rest else ["--aid", "app-1"]
    command = ["sign", *(files or [str(tmp_path / "empty")]), *more, *rest, "--keys", keys]
    assert main(command) == 1
    assert mention in capsys.readouterr().err
    assert not (source / NAME).exists()


def test_without_app_keys(source, tmp_path, capsys):
    assert main(["sign", str(source), "--aid", "a", "--keys", str(tmp_path / "no")]) == 1
    assert "there are no keys" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("files", "mention"),
    [
        ({"worker_task.py": b"a\r\n"}, "use LF"),
        ({"worker_task.py": b"a\n\n"}, "empty lines"),
        ({"../x.py": b""}, "takes no file named"),
        ({"pt_x.py": b""}, "takes no file named"),
        ({NAME: b""}, "takes no file named"),
        ({"x" * 40: b""}, "longer than a cloud takes"),
        ({"big.py": bytes(262145)}, "larger than"),
        ({}, "0 files"),
        ({"f%d.py" % one: b"" for one in range(33)}, "33 files"),
        ({"f%d%s.py" % (one, "x" * 28): b"" for one in range(32)}, "more than a Thing reads"),
    ],
)
def test_what_no_thing_would_take(files, mention):
    with pytest.raises(ReleaseError, match=mention):
        appsign.manifest("app-1", 1, 1, files, [signer("app"), signer("other"), signer("third")])


def test_line_ends_that_a_cloud_would_change_in_an_older_file():
    assert b"\r" in signed("worker_task.py", b"a\r\n", [])  # and then the manifest refuses it


def made(**changes):
    files = {"worker_task.py": SOURCE, "helper.py": b"x = 1\n"}
    files[NAME] = appsign.manifest("app-1", 7, 1, files, [signer("app")])
    files.update(changes.pop("files", {}))
    for name in changes.pop("without", ()):
        del files[name]
    return files


@pytest.mark.parametrize(
    ("aid", "changes", "mention"),
    [
        ("app-1", {}, ""),
        ("app-1", {"files": {NAME: made()[NAME][:-1]}}, ""),
        ("app-1", {"without": [NAME], "files": {"helper.py": b"y"}}, ""),
        ("app-2", {}, "for the app app-1"),
        ("app-1", {"files": {"helper.py": b"x = 2\n"}}, "helper.py is not as it was signed"),
        ("app-1", {"files": {"more.py": b""}}, "more.py is not signed"),
        ("app-1", {"without": ["helper.py"]}, "helper.py is signed, and not there"),
        ("app-1", {"files": {NAME: b"# nonsense\n"}}, "not signed"),
    ],
)
def test_what_is_wrong_with_a_folder_is_told(aid, changes, mention):
    found = appsign.complaint(aid, made(**changes))
    assert mention in found
    assert bool(found) == bool(mention)
