"""An app is checked before it is committed, against the limits of Things."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cloud import appcheck
from app.cloud.errors import CloudFailure
from app.demo import apps
from domain.states.update import MAX_FILES, plain_name

GOOD = apps.good("one")


def with_file(name, text):
    return {**GOOD, name: text}


def test_a_good_app_has_no_problems():
    assert appcheck.problems(GOOD) == []
    assert appcheck.problems(with_file("helper_2.py", "A = 1\n")) == []
    imported = with_file("worker_task.py", "from helper import WorkerTask\n")
    assert appcheck.problems(imported) == []
    pages = with_file("helper.py", "A = 1\n\f\n\nB = '\f'\n")
    assert appcheck.problems(pages) == []


@pytest.mark.parametrize("name", appcheck.TASKS)
def test_a_task_that_is_missing(name):
    files = {other: text for other, text in GOOD.items() if other != name}
    assert appcheck.problems(files) == [f"{name} is missing"]
    assert appcheck.problems(with_file(name, "x = 1\n")) == [
        f"{name}: it has no class {appcheck.TASKS[name]}"
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x = 1\ny +=\n", "worker_task.py: line 2: invalid syntax"),
        ("from __future__ import annotations\n", "line 1: nothing can be imported from __future__"),
        ("x = 1\n\ufeffy = 2\n", "line 2: invalid non-printable character U+FEFF"),
        ("x = '\0'\n", "worker_task.py: it has NUL characters - save it as UTF-8"),
        ("x = '%s'\n" % ("\u00e9" * 140_000), "bytes, and a Thing takes 262144"),
        ("x = 1\n\n\fy = 2\n", "line 3: a form feed at its start, which boards take for a space"),
        ("(" * 5000, "worker_task.py: "),
        ("return 1\n", "line 1: 'return' outside function"),
    ],
)
def test_text_that_python_does_not_take(text, problem):
    (found,) = appcheck.problems(with_file("worker_task.py", text))
    assert problem in found
    assert "\n" not in found


@pytest.mark.parametrize(
    "name",
    ["my helper.py", "it's.py", "größe.py", "lib.mpy", "a-b.py", ".py", "x" * 40 + ".py", "9.py"],
)
def test_names_that_no_module_can_have(name):
    (found,) = appcheck.problems(with_file(name, ""))
    assert found.startswith(f"{name}: its name has to be letters, digits and _")


@pytest.mark.parametrize(
    "name", ["json.py", "socket.py", "machine.py", "logger.py", "pt_run.py", "start.py", "main.py"]
)
def test_names_that_would_hide_a_module_of_the_os(name):
    (found,) = appcheck.problems(with_file(name, ""))
    assert found.startswith(f"{name}: rename it: the OS or Python has a module {name[:-3]}")


def test_more_files_than_a_thing_takes():
    files = {**GOOD, **{f"m{number}.py": "" for number in range(MAX_FILES)}}
    assert appcheck.problems(files) == [f"{MAX_FILES + 2} files, and a Thing takes {MAX_FILES}"]


@given(st.text(max_size=40))
def test_what_passes_is_taken_by_things(name):
    if not appcheck.problems(with_file(name, "")):
        assert plain_name(name)


def test_files_are_read_with_remarks(tmp_path):
    (tmp_path / "worker_task.py").write_bytes(b"\xef\xbb\xbfx = 1\n")
    (tmp_path / "plain.py").write_text("y = 1\n")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "inner.py").touch()
    (tmp_path / "notes").mkdir()
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "inner.py").touch()
    for name in ("data.json", "Helper.PY", ".gitignore"):
        (tmp_path / name).touch()
    (tmp_path / "__pycache__").mkdir()
    files, remarks = appcheck.read([tmp_path])
    assert files == {"plain.py": "y = 1\n", "worker_task.py": "x = 1\n"}
    assert remarks == [
        "left out: the folder deep/, as an app has none",
        "left out: the folder lib/, as an app has none",
        "left out: Helper.PY, data.json, as an app has .py files only",
        "worker_task.py: without its byte order mark",
    ]


def test_lines_end_as_a_cloud_and_a_signature_have_it(tmp_path):
    (tmp_path / "worker_task.py").write_bytes(b"x = 1\r\n\r\ny = 2\rz = 3\n")
    assert appcheck.read([tmp_path])[0] == {"worker_task.py": "x = 1\n\ny = 2\nz = 3\n"}


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "latin.py").write_bytes(b"\xe9")
    with pytest.raises(CloudFailure, match=r"latin.py as text: it is not UTF-8"):
        appcheck.read([tmp_path])
    with pytest.raises(CloudFailure, match=r"No such file or directory"):
        appcheck.read([tmp_path / "missing.py"])


def test_two_files_of_one_name(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "worker_task.py").write_text("x = 1\n")
    with pytest.raises(
        CloudFailure, match=r"^worker_task.py is there twice, also as .*two/worker_ta"
    ):
        appcheck.read([tmp_path / "one", tmp_path / "two"])
