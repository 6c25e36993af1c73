"""The app's side of the pipes, in this process, and the parsing of arbitrary output."""

from __future__ import annotations

import faulthandler
import json
import math
import os
import resource
import sys
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.linux import appchild
from adapters.linux.appchild import AppTasks, Channel, confine, describe, logger, problem, serve
from adapters.linux.appprocess import _message
from adapters.linux.lines import Lines


class Pipes:
    """A channel, and the other ends of its pipes."""

    def __init__(self, stack: Any) -> None:
        requests, self.requests = os.pipe()
        self.answers, answers = os.pipe()
        self.channel = Channel(requests, answers)
        stack.callback(os.close, self.answers)
        stack.callback(os.close, answers)
        stack.callback(os.close, requests)

    def ask(self, *requests: Any) -> None:
        for request in requests:
            os.write(self.requests, json.dumps(request).encode() + b"\n")

    def hang_up(self) -> None:
        os.close(self.requests)

    def said(self) -> list[Any]:
        lines = os.read(self.answers, 1_000_000).split(b"\n")
        return [json.loads(line) for line in lines if line]


@pytest.fixture
def pipes(stack, monkeypatch) -> Pipes:
    monkeypatch.setattr(sys, "path", list(sys.path))
    return Pipes(stack)


def test_serves_until_hung_up_on(pipes, tmp_path) -> None:
    folder = tmp_path / "child_test_app"
    folder.mkdir()
    (folder / "worker_task.py").write_text(
        "class WorkerTask:\n    def call(self):\n        return {'n': 1}\n"
    )
    (folder / "management_task.py").write_text(
        "class ManagementTask:\n    def call(self, data):\n        return eval(data)\n"
    )
    call = {"do": "call", "task": "management"}
    pipes.ask(
        {"id": "a", "do": "load", "folder": str(folder)},
        {"id": "b", "do": "call", "task": "worker", "data": None},
        {"id": "c", **call, "data": "[1, None]"},
        {"id": "d", **call, "data": "b''"},
        {"id": "e", **call, "data": "1 / 0"},
        {"id": "f", **call, "data": "exit('x')"},
        {"id": "g", **call, "data": "(_ for _ in ()).throw(MemoryError)"},
        {"id": "h", "do": "call", "task": "other", "data": None},
        {"id": "i", **call, "data": "'x' * 1100000"},
        {"id": "j", "do": "execute", "source": "x = 1"},
        {"id": "k", "do": "execute", "source": "1 / 0"},
        {"id": "l", "do": "execute", "source": "("},
    )
    pipes.hang_up()
    try:
        serve(pipes.channel, AppTasks())
    finally:
        for name in ("worker_task", "management_task"):
            sys.modules.pop(name, None)
    answers = {answer["id"]: answer for answer in pipes.said()}
    assert answers["a"] == {"id": "a", "value": None}
    assert answers["b"] == {"id": "b", "value": {"n": 1}}
    assert answers["c"] == {"id": "c", "value": [1, None]}
    codes = [answers[name]["error"][0] for name in "defghi"]
    assert codes == ["not_json", "raised", "died", "died", "no_task", "not_json"]
    assert answers["j"]["value"] == ""
    assert "ZeroDivisionError" in answers["k"]["value"]
    assert "SyntaxError" in answers["l"]["value"]


def test_load_errors(pipes, tmp_path) -> None:
    (tmp_path / "worker_task.py").write_text("1 / 0")
    answer = AppTasks().answer({"id": 1, "do": "load", "folder": str(tmp_path)})
    assert answer == {
        "error": ["import", "worker_task.py line 1: ZeroDivisionError: division by zero"]
    }
    answer = AppTasks().answer({"id": 1, "do": "load", "folder": str(tmp_path / "none")})
    assert answer["error"][0] == "import"


def test_a_copy_ends(pipes, monkeypatch) -> None:
    class Ended(Exception):
        pass

    def end(status: int) -> None:
        raise Ended

    pids = [1, 2]
    monkeypatch.setattr(os, "getpid", lambda: pids.pop(0))
    monkeypatch.setattr(os, "_exit", end)
    pipes.ask({"id": "a", "do": "execute", "source": ""})
    with pytest.raises(Ended):
        serve(pipes.channel, AppTasks())
    pipes.hang_up()


def test_logs_from_any_thread(pipes) -> None:
    log = logger(pipes.channel)
    assert log.__name__ == "logger"
    threads = [threading.Thread(target=log.info, args=("x" * 1000, n)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.error("\ud800", detail="")
    pipes.hang_up()
    said = pipes.said()
    assert sorted(entry["log"][1][1002:] for entry in said[:-1]) == sorted(map(str, range(20)))
    assert said[-1]["log"] == [40, "?"]


def test_confined(monkeypatch, tmp_path) -> None:
    """Record the calls to the kernel, so that this process is not confined."""
    calls: list[Any] = []
    monkeypatch.setattr(resource, "setrlimit", lambda *args: calls.append(args))
    monkeypatch.setattr(faulthandler, "enable", lambda **kwargs: None)
    monkeypatch.setattr("ctypes.CDLL", lambda _: None)  # no prctl
    score = tmp_path / "score"
    monkeypatch.setattr(appchild, "open", lambda *args: score.open("w"), raising=False)
    monkeypatch.setattr(os, "_exit", lambda status: calls.append("too late"))
    confine(os.getppid(), 0)
    assert calls == [(resource.RLIMIT_CORE, (0, 0))]
    assert score.read_text() == "1000"
    calls.clear()
    confine(-1, 5_000_000)
    assert calls[0] == "too late"
    assert calls[-1] == (resource.RLIMIT_AS, (5_000_000, 5_000_000))


def test_main(monkeypatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(appchild, "confine", lambda *args: seen.append(args))
    monkeypatch.setitem(sys.modules, "logger", None)
    requests, theirs = os.pipe()
    answers, ours = os.pipe()
    os.write(theirs, b'{"id": "a", "do": "execute", "source": "import logger"}\n')
    os.close(theirs)
    appchild.main([str(requests), str(ours), "12", "34"])
    assert seen == [(12, 34)]
    assert json.loads(os.read(answers, 1000)) == {"id": "a", "value": ""}
    os.close(answers)
    assert sys.modules["logger"].__name__ == "logger"


def test_describes_errors() -> None:
    assert describe(KeyError("x"), "") == "KeyError: 'x'"
    assert describe(ValueError(), "") == "ValueError"
    error = SyntaxError("bad", ("/root/app.a/x.py", 3, 1, "text"))
    assert describe(error, "/root/app.a") == "x.py line 3: SyntaxError: bad"
    error = SyntaxError("bad", ("/elsewhere/x.py", None, None, None))
    assert describe(error, "/root/app.a") == "x.py line 0: SyntaxError: bad"


def test_an_error_that_cannot_be_shown() -> None:
    class Strange(Exception):
        def __str__(self) -> str:
            raise KeyboardInterrupt

    assert describe(Strange(), "") == "Strange: (its text cannot be shown)"


def test_problems_say_where() -> None:
    deep: list[object] = []
    deep.append(deep)
    for value, where in (
        (deep, "it is nested more than 64 deep, or holds itself"),
        ({(1, 2): 3}, "it has a key of type tuple"),
        ([{"a": 10**400}], "[0]['a'] is a number of more than 300 digits"),
        (["\ud800"], "[0] has half of a character (a surrogate)"),
        ({"a": {"\ud800": 1}}, "a key of ['a'] has half of a character (a surrogate)"),
        ((b"",), "[0] is of type bytes"),
        (float("nan"), "it is nan"),
    ):
        assert problem(value) == where


# arbitrary data

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**300), 10**300) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=20,
)


@given(JSON | st.binary() | st.sets(st.integers()) | st.lists(st.binary() | st.just(math.nan)))
def test_problem_is_what_json_has(value) -> None:
    """A value has no problem exactly if it can be encoded as strict JSON in UTF-8."""
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError):
        assert problem(value)
    else:
        assert problem(value) == ""


@given(st.lists(st.binary(max_size=30)), st.integers(1, 10))
def test_lines_do_not_depend_on_the_pieces(pieces, limit) -> None:
    whole = Lines(limit).feed(b"".join(pieces))
    lines = Lines(limit)
    apart = [line for piece in pieces for line in lines.feed(piece)]
    assert whole == apart
    assert all(len(line) <= limit for line in whole)


NOISE = st.binary() | st.sampled_from(
    [b"\n", b'{"id":', b'"t"', b"}", b"[", b'{"log": [20, "x"]}', b'{"log":', b"1e999", b"\xff"]
)


@given(st.lists(NOISE).map(b"".join))
def test_whatever_an_app_writes_is_a_message_or_nothing(data) -> None:
    for line in Lines(1000).feed(data + b"\n"):
        message = _message(line)
        assert isinstance(message, dict)
        if "log" in message:
            level, text = message["log"]
            assert isinstance(level, int)
            assert isinstance(text, str)


@given(st.lists(NOISE).map(b"".join))
def test_an_answer_is_found_after_any_noise(data) -> None:
    lines = Lines(10_000).feed(data + b"\n" + b'{"id": "token", "value": 1}\n')
    assert _message(lines[-1]) == {"id": "token", "value": 1}
