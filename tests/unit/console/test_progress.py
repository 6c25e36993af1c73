"""How far a version is, told from the calls that a real board made (in this order)."""

from __future__ import annotations

import pytest

from app.cloud.tables.events import Event
from app.console.progress import ASKED, BACK, FETCHED, RUNS, TRIAL, WAITS, progress_of, state_of
from tests.unit.console.deploying import thing

CALLS = (
    ("management", "settings"),
    ("app_files", "list of 17"),
    ("app_files", "worker_task.py of 17"),
    ("register", "app 17, OS 2.0.0, esp32"),
    ("management", "identity proved, settings"),
    ("report", "management OK"),
)


def calls(count: int) -> list[Event]:
    return [Event(n, 0.0, what, "one", 200, text) for n, (what, text) in enumerate(CALLS[:count])]


@pytest.mark.parametrize(
    ("count", "word"),
    [(0, WAITS), (1, ASKED), (2, FETCHED), (3, FETCHED), (4, TRIAL), (5, TRIAL), (6, RUNS)],
)
def test_each_call_is_a_step(count, word):
    assert progress_of(thing(), calls(count), "17").word == word


def test_one_that_runs_already_is_confirmed():
    assert progress_of(thing("17"), [], "17").word == RUNS


def test_what_was_taken_back_says_why():
    said = 'KO: app 17 taken back: File "worker_task.py", line 1: SyntaxError'
    found = progress_of(thing(status=said), calls(6), "17")
    assert (found.word, found.trouble) == (BACK, 'File "worker_task.py", line 1: SyntaxError')
    assert progress_of(thing(status=said), calls(0), "18").word == WAITS


@pytest.mark.parametrize(
    ("count", "state"), [(0, ""), (1, "run"), (2, "update"), (4, "register"), (6, "run")]
)
def test_the_state_is_that_of_the_last_call(count, state):
    assert state_of(calls(count)) == state
