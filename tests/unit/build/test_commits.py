"""The check of commit subjects, in whole, shallow and missing histories."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from build import commits

GOOD = [
    "Fit an encrypted OS update into an ESP8266's heap",
    "Tests: count one cloud only",
    "Split the replay: runs, ports, the domain",
    "Say x" + "x" * 55,
]
BAD = [
    "Say xy" + "x" * 55,
    "Fixing the queue",
    "Fixed the queue",
    "Fixes the queue",
    "The queue is fixed",
    "Tests: the queue is fixed",
    "Plain English in the domain",
    "",
    "- say it",
]


@pytest.mark.parametrize("subject", GOOD)
def test_a_subject_that_is_an_imperative(subject: str) -> None:
    assert commits.problem(subject) == ""


@pytest.mark.parametrize("subject", BAD)
def test_any_other_subject_has_a_problem(subject: str) -> None:
    assert commits.problem(subject)


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with an old commit, which is the base, and two later ones."""
    folder = tmp_path / "whole"
    folder.mkdir()
    git(folder, "init", "-q")
    for subject in ("Old way of saying it", "Add one", "Adding two"):
        git(folder, "commit", "-q", "--allow-empty", "-m", subject)
    monkeypatch.setattr(commits, "BASE", git(folder, "rev-parse", "HEAD~2").strip())
    monkeypatch.setattr(commits, "SOURCE", folder)
    return folder


def said(capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str], str]:
    """Return the exit status, the subjects complained about, and the notice."""
    status = commits.main([])
    told = capsys.readouterr()
    return status, [line.split("'")[1] for line in told.err.splitlines()], told.out


def test_the_commits_after_the_base_are_checked(history: Path, capsys: Any) -> None:
    assert said(capsys) == (1, ["Adding two"], "")
    git(history, "commit", "-q", "--amend", "--allow-empty", "-m", "Add two")
    assert said(capsys) == (0, [], "")


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_shallow_history_is_checked_as_far_as_it_reaches(
    history: Path, depth: int, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shallow = history.parent / "shallow"
    git(history.parent, "clone", "-q", "--depth", str(depth), history.as_uri(), str(shallow))
    monkeypatch.setattr(commits, "SOURCE", shallow)
    assert said(capsys) == (1, ["Adding two"], "")


@pytest.mark.usefixtures("history")
def test_a_history_without_the_base(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "BASE", "0" * 40)
    status, bad, notice = said(capsys)
    assert (status, bad) == (0, [])
    assert notice == "commits: nothing to check (%s is not in this history)\n" % ("0" * 40)


def test_a_folder_without_history(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commits, "SOURCE", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    status, bad, notice = said(capsys)
    assert (status, bad, "nothing to check" in notice) == (0, [], True)


@pytest.mark.usefixtures("history")
def test_a_machine_without_git(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    status, bad, notice = said(capsys)
    assert (status, bad, "git does not start" in notice) == (0, [], True)


def test_the_base_is_a_commit_by_its_whole_name() -> None:
    assert len(commits.BASE) == 40
    assert int(commits.BASE, 16)
