"""The words that the editor offers while an app is typed."""

import pytest

from app.console.complete import known, names_of

WORKER = """\
import machine as m
from machine import Pin
import helpers

LIMIT = 3
filter = helpers.Filter()


class WorkerTask:
    def __init__(self):
        self.led = m.Pin(2, m.Pin.OUT)
        self.count = 0

    def call(self, limit=LIMIT):
        \"\"\"Return a reading.

        More.
        \"\"\"
        self.count += 1
        button = Pin(0)
"""
HELPERS = "class Filter:\n    def add(self, value, *, weight=1):\n        self.sum = value\n"


def labels(words):
    return [word.label for word in words]


def test_the_table_has_each_name_once_with_a_remark():
    for place, words in known().items():
        assert len(set(labels(words))) == len(words), place
        assert all(word.info and word.label.isidentifier() for word in words), place
    assert labels(known()["logger"]) == ["debug", "info", "warning", "error", "critical"]
    pin = next(word for word in known()["machine"] if word.label == "Pin")
    assert (pin.kind, pin.detail) == ("class", "(id, mode, pull, *, value)")
    assert {"Pin", "I2C"} <= {place.partition(".")[2] for place in known()}


def test_names_of_a_file_and_of_its_classes():
    names = names_of({"worker_task.py": WORKER, "helpers.py": HELPERS})["worker_task.py"]
    assert labels(names.words) == ["LIMIT", "filter", "WorkerTask"]
    assert labels(names.members["self"]) == ["__init__", "call", "led", "count"]
    call = names.members["WorkerTask"][1]
    assert (call.kind, call.detail, call.info) == ("function", "(limit=LIMIT)", "Return a reading.")


def test_names_of_another_file():
    names = names_of({"worker_task.py": WORKER, "helpers.py": HELPERS, "notes.txt": "x = 1"})
    assert labels(names["worker_task.py"].members["helpers"]) == ["Filter"]
    (add, total) = names["worker_task.py"].members["helpers.Filter"]
    assert (add.label, add.detail, total.label) == ("add", "(value, *, weight=1)", "sum")
    assert "notes.txt" not in names
    assert "self" in names["helpers.py"].members
    assert "helpers" not in names["helpers.py"].members


def test_what_a_name_stands_for():
    meaning = names_of({"worker_task.py": WORKER})["worker_task.py"].meaning
    assert meaning["m"] == "machine"
    assert meaning["Pin"] == meaning["self.led"] == meaning["button"] == "machine.Pin"
    assert meaning["filter"] == "helpers.Filter"


@pytest.mark.parametrize(
    "typed",
    ["self.led.", "x = (", "for", "    def", '"', "'''", "if x:", "é = $", "        pass ("],
)
@pytest.mark.parametrize("line", [0, 10, 16, 21])
def test_a_line_that_is_being_typed_hides_no_other(typed, line):
    lines = WORKER.split("\n")
    lines.insert(line, typed)
    names = names_of({"worker_task.py": "\n".join(lines)})["worker_task.py"]
    if typed != "'''":  # it takes all that follows into its string
        assert "WorkerTask" in labels(names.words)


@pytest.mark.parametrize("text", ["", "\0", "(" * 5000, "\n" * 9 + "x = (" * 99, "def f(:\n" * 50])
def test_odd_files_have_no_names(text):
    assert names_of({"a.py": text})["a.py"].words == []


DEEP = ("x = a%s()\n" % (".a" * 1500), "def f(x=1%s): 0\n" % ("+1" * 900))


@pytest.mark.parametrize("deep", DEEP)
def test_a_file_that_is_nested_too_deep_hinders_no_other(deep):
    found = names_of({"deep.py": deep, "helpers.py": HELPERS})
    assert labels(found["helpers.py"].words) == ["Filter"]
