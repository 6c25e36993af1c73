"""`pythings trust check`: the verdict of the OS's own code, and the checks behind it."""

from __future__ import annotations

import json

import pytest

from app.cli.trust import main
from build.release.appsign import manifest as app_manifest
from build.release.folder import ReleasePlan, write
from build.release.texts import ReleaseFile
from domain.app.signed_app import NAME
from tests.fakes.signers import FILES, key_list, signer
from tests.security.forging import evil_line
from tests.unit.cloud.conftest import running

LATER = 4_000_000_000
SOURCES = {"worker_task.py": b"class WorkerTask:\n    pass\n", "helper.py": b"x = 1\n"}
VERSION = ReleaseFile("version.py", b"version='2.1.0'\n")


@pytest.fixture
def trust(tmp_path):
    path = tmp_path / "keys.1"
    path.write_bytes(key_list(release=("release", "other"), app=("app",)))
    return path


@pytest.fixture
def out(tmp_path, trust):
    made = ReleasePlan("linux", "2.1.0", "0.0.0", LATER, (trust,), count=7)
    files = made.of((*FILES, VERSION), [signer("release")])
    write(tmp_path / "out", "2.1.0", "Python", files)
    return tmp_path / "out"


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "app"
    folder.mkdir()
    for name, data in SOURCES.items():
        (folder / name).write_bytes(data)
    (folder / NAME).write_bytes(app_manifest("app-1", 7, 1, SOURCES, [signer("app")]))
    return folder


@pytest.fixture
def check(trust, capsys):
    """Return a function that runs the check: (exit status, reports or the error output)."""

    def act(what, *more):
        status = main(["check", str(what), "--trust", str(trust), "--json", *more])
        said = capsys.readouterr()
        return status, json.loads(said.out) if said.out else said.err

    return act


def held(report, kind):
    return {one["name"]: one["holds"] for one in report[kind]}


def key(role, name=None):
    return "%s key %s" % (role, signer(name or role).id)


def leaf(out):
    return out / "PythingsOS" / "2.1.0" / "Python"


def test_a_release(out, check):
    for what in (out, leaf(out)):
        status, (report,) = check(what)
        assert (status, report["taken"], report["refusal"]) == (0, True, "")
        assert report["said"]["number"] == 7
        assert held(report, "keys") == {key("release"): True, key("release", "other"): False}
        names = [file.name for file in FILES] + ["version.py"]
        assert held(report, "files") == dict.fromkeys(names, True)


def test_a_file_that_was_changed(out, check):
    (leaf(out) / "start.py").write_bytes(b"import evil\n")
    status, (report,) = check(out)
    assert (status, report["taken"]) == (1, False)
    assert "start.py is larger than stated" in report["refusal"]
    assert [name for name, good in held(report, "files").items() if not good] == ["start.py"]


def test_lines_behind_the_signatures(out, check):
    path = leaf(out) / "release.txt"
    path.write_bytes(path.read_bytes() + evil_line("start.py") + b"\n")
    status, (report,) = check(out)
    assert status == 1
    assert "(security T1)" in report["refusal"]
    assert (report["said"], report["files"]) == ({}, [])


def test_a_manifest_that_was_changed(out, check):
    path = leaf(out) / "release.txt"
    path.write_bytes(path.read_bytes().replace(b"replaces 0.0.0", b"replaces 0.0.1"))
    _, (report,) = check(out)
    assert "(security T2)" in report["refusal"]
    assert [one["why"].split(" (")[0] for one in report["keys"]] == [
        "its signature is not over this text",
        "has not signed",
    ]
    assert report["said"] == {}


def test_a_later_key_list_is_caught_up_with(out, check):
    second = key_list(2, release=("other",), revoked=("release",))
    (leaf(out) / "keys.2").write_bytes(second)
    status, (report,) = check(out)
    assert status == 0  # the Thing needs no later list for this one
    (leaf(out) / "keys.2").write_bytes(key_list(2, by=("stranger",)))
    _, (report,) = check(out)
    assert not held(report, "keys")["keys.2"]


def test_what_runs_is_too_old_or_too_new(out, check):
    status, (report,) = check(out, "--running", "3.0.0")
    assert (status, "(security T5)" in report["refusal"]) == (1, True)


def test_an_app(source, check):
    status, (report,) = check(source)
    assert (status, report["taken"]) == (0, True)
    assert held(report, "keys") == {key("app"): True}
    assert held(report, "files") == {"helper.py": True, "worker_task.py": True}
    status, (report,) = check(source, "--aid", "app-2")
    assert (status, "of the app app-1" in report["refusal"]) == (1, True)


def test_an_app_that_was_changed(source, check):
    (source / "helper.py").write_bytes(b"x = 2\n")
    (source / "worker_task.py").unlink()
    status, (report,) = check(source)
    assert (status, report["taken"]) == (1, False)
    assert held(report, "files") == {"helper.py": False, "worker_task.py": False}
    (source / NAME).unlink()
    _, (report,) = check(source)
    assert "pythings app sign" in report["refusal"]


def test_a_cloud(out, source, check, tmp_path):
    with running(tmp_path / "data", dist=out) as cloud:
        aid = cloud.admin.create_app("checked")
        files = {name: data.decode() for name, data in SOURCES.items()}
        files[NAME] = app_manifest(aid, 7, 1, SOURCES, [signer("app")]).decode()
        cloud.admin.commit(aid, files)
        cloud.admin.set_pool(aid, "development", {"pythings_version": "2.1.0", "ssl": False})
        status, reports = check(cloud.ready.url, "--aid", aid)
        assert [(one["what"].split()[0], one["taken"]) for one in reports] == [
            ("OS", True),
            ("app", True),
        ]
        assert status == 0
        files["helper.py"] += "import evil\n"
        cloud.admin.commit(aid, files)
        status, reports = check(cloud.ready.url, "--aid", aid)
        assert [one["taken"] for one in reports] == [True, False]
        assert status == 1
        assert [one["tid"] for one in cloud.admin.things()] == ["trust-check"]
        assert "--aid" in check(cloud.ready.url)[1]


def test_what_cannot_be_checked(tmp_path, check, trust, capsys):
    assert "neither a release nor an app" in check(tmp_path / "nothing")[1]
    trust.write_bytes(b"nonsense\n")
    (tmp_path / "x.py").write_bytes(b"")
    assert "is no key list" in check(tmp_path)[1]
    assert main(["check", str(tmp_path), "--keys", str(tmp_path / "none")]) == 1
    assert "pythings keys new" in capsys.readouterr().err


def test_for_people(out, trust, capsys):
    assert main(["check", str(out), "--trust", str(trust)]) == 0
    text = capsys.readouterr().out
    assert "OS 2.1.0 for Python: a Thing takes it" in text
    assert "ok   " + key("release") in text
    assert "4 of 4 files are as signed" in text
    (leaf(out) / "start.py").write_bytes(b"")
    assert main(["check", str(out), "--trust", str(trust)]) == 1
    text = capsys.readouterr().out
    assert "OS 2.1.0 for Python: refused" in text
    assert "start.py: not as signed" in text
