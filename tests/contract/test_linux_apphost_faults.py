"""ProcessAppHost survives bad values, errors, hangs and crashes of an app."""

from __future__ import annotations

import errno
import os
import signal
import time

import pytest

from adapters.linux import apphost
from domain.app.signed_app import around
from tests.contract import check_apphost
from tests.contract.check_apphost import FOLDER, LIMIT, fails
from tests.contract.hosts import WORKER

# values that the app returns


def test_json_of_all_shapes(host) -> None:
    values = check_apphost.VALUES
    assert host.worker("return (1, 2, {3: 'three', None: 4.5, True: ()})") == [
        1,
        2,
        {"3": "three", "null": 4.5, "true": []},
    ]
    host.write(management_task="class ManagementTask:\n    def call(self, data): return data")
    host.load(FOLDER)
    for value in values:
        assert host.call("management", value, LIMIT) == value


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return b'x'", "it is of type bytes"),
        ("return {'a': [0, {'b': {1}}]}", "['a'][1]['b'] is of type set"),
        ("return {(1, 2): 3}", "it has a key of type tuple"),
        ("return [[], {'x': float('-inf')}]", "[1]['x'] is -inf"),
        ("return '\\ud800'", "surrogate"),
        ("return {'\\ud800': 1}", "a key of it"),
        ("return 10 ** 5000", "300 digits"),
        ("a = []; a.append(a); return a", "nested"),
        ("return 'x' * 1100000", "1100002 bytes"),
        ("return self", "WorkerTask"),
    ],
)
def test_what_is_no_json(body: str, words: str, host) -> None:
    assert words in fails("not_json", lambda: host.worker(body))


def test_a_large_value_comes_and_goes(host) -> None:
    host.write(management_task="class ManagementTask:\n    def call(self, data): return data")
    host.load(FOLDER)
    value = ["\u00e9" * 250_000, "\U0001f600" * 100_000]
    assert host.call("management", value, LIMIT) == value


def test_a_machine_without_room_for_a_process_is_said(host, monkeypatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.EAGAIN, "no processes left")

    monkeypatch.setattr(apphost, "AppProcess", full)
    text = fails("died", lambda: host.load(FOLDER))
    assert "no process for the app: " in text
    assert "no processes left" in text


# errors that the app raises


def test_a_traceback_shows_the_app_only(host) -> None:
    host.write(helper="def divide(x):\n    return 1 / x\n")
    text = fails("raised", lambda: host.worker("import helper; helper.divide(0)"))
    assert text == (
        "worker_task.py line 6 in call > helper.py line 2 in divide: "
        "ZeroDivisionError: division by zero"
    )


def test_tracebacks_are_bounded(host) -> None:
    for body in (
        "def f(n): return f(n + 1)\n        f(0)",
        "raise ValueError('x' * 10000)",
        "raise ValueError('line one\\nline two')",
    ):
        text = fails("raised", lambda body=body: host.worker(body))  # type: ignore[misc]
        assert "Error" in text
        assert len(text) <= 620
        assert "\n" not in text


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("x = 1\ny = (\n", "worker_task.py line 2: SyntaxError"),
        ("\n\nimport nothing_there", "worker_task.py line 3: ModuleNotFoundError"),
        ("class Another: pass", "has no attribute 'WorkerTask'"),
        ("class WorkerTask:\n    def __init__(self): 1 / 0", "line 2 in __init__: ZeroDivision"),
        ("import sys; sys.exit(1)", "worker_task.py line 1: SystemExit: 1"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("x = '\0'", "worker_task.py"),
        ("class WorkerTask(1, 2): pass", "TypeError"),
    ],
)
def test_what_does_not_load(source: str, words: str, host) -> None:
    host.write(worker_task=source, management_task="class ManagementTask: pass")
    for _ in range(2):
        text = fails("import", lambda: host.load(FOLDER))
        if "\0" not in source:
            assert words in text
    assert len(text) < 650


def test_an_app_without_tasks(host) -> None:
    os.mkdir(os.path.join(host.root, FOLDER))
    assert "neither" in fails("import", lambda: host.load(FOLDER))
    assert "neither" in fails("import", lambda: host.load("not there"))


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ("import sys; sys.exit('enough')", "died", "enough"),
        ("raise SystemExit", "died", "SystemExit"),
        ("raise KeyboardInterrupt", "raised", "KeyboardInterrupt"),
        ("raise GeneratorExit('x')", "raised", "GeneratorExit: x"),
        ("return bytearray(10 ** 15)", "died", "out of memory"),
        ("import os; os._exit(7)", "died", "status 7"),
        ("import os; os.kill(os.getpid(), 9)", "died", "SIGKILL"),
        ("import os; os.killpg(0, 15)", "died", "SIGTERM"),
        ("import ctypes; ctypes.string_at(0)", "died", "SIGSEGV, at worker_task.py line 6 in call"),
        ("import os; os.abort()", "died", "SIGABRT, at worker_task.py line 6 in call"),
        ("import os; os.closerange(0, 4096)", "died", "status 0"),
        ("import os; os.closerange(9, 4096)\n        while True: pass", "died", "connection"),
        ("class E(Exception):\n            __str__ = None\n        raise E", "raised", "shown"),
    ],
)
def test_ways_to_end(body: str, code: str, words: str, host) -> None:
    assert words in fails(code, lambda: host.worker(body))


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "import time; time.sleep(60)",
        "import signal, time; signal.signal(signal.SIGTERM, lambda *_: 0); time.sleep(60)",
        "import signal; [signal.signal(s, signal.SIG_IGN) for s in (2, 6, 15)]; signal.pause()",
        "import re; re.match('(a+)+$', 'a' * 60 + 'b')",  # holds the GIL
        "while True: print('x' * 1000)",
        "import os\n        while True: os.write(2, b'x' * 100000)",
        "import logger\n        while True: logger.info('x' * 1000)",
        "import threading; threading.Event().wait()",
    ],
)
def test_hangs_are_ended(body: str, host) -> None:
    host.write(worker_task=WORKER.format(body=body))
    host.load(FOLDER)
    began = time.monotonic()
    text = fails("hung", lambda: host.call("worker", None, 300))
    assert time.monotonic() - began < 20  # of the 60 s that it would take
    assert "app_timeout" in text
    assert host.execute("print('well')", LIMIT) == "well\n"


def test_a_hang_says_where(host) -> None:
    host.write(worker_task=WORKER.format(body="import time; time.sleep(60)"))
    host.load(FOLDER)
    text = fails("hung", lambda: host.call("worker", None, 300))
    assert "worker_task.py line 6 in call" in text


def test_a_hang_says_where_as_the_owner_counts(host) -> None:
    body = WORKER.format(body="import time; time.sleep(60)")
    host.write(worker_task=around("worker_task.py", "1")[0].decode() + body)
    host.load(FOLDER)
    text = fails("hung", lambda: host.call("worker", None, 300))
    assert "worker_task.py line 6 in call" in text


def test_an_import_that_hangs(make_host) -> None:
    host = make_host(load_ms=200)
    host.write(worker_task="while True: pass")
    fails("hung", lambda: host.load(FOLDER))
    assert host.execute("print(1)", LIMIT) == "1\n"
    fails("hung", lambda: host.call("worker", None, 200))


def test_no_time_at_all(host) -> None:
    assert host.worker("return 1") == 1
    fails("hung", lambda: host.call("worker", None, 0))
    assert host.call("worker", None, LIMIT) == 1


def test_a_request_that_is_not_read(host) -> None:
    """A stopped app does not empty the pipe: the write of the request is bounded too."""
    host.write(management_task="class ManagementTask:\n    def call(self, data): pass")
    host.load(FOLDER)
    os.kill(int(host.execute("import os; print(os.getpid())", LIMIT)), signal.SIGSTOP)
    fails("hung", lambda: host.call("management", "x" * 10_000_000, 300))


def test_memory_can_be_limited(make_host) -> None:
    host = make_host(memory=200_000_000)
    assert host.worker("return len(bytearray(10_000_000))") == 10_000_000
    assert "memory" in fails("died", lambda: host.worker("return bytearray(300_000_000)"))
