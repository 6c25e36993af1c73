"""ProcessAppHost survives whatever an app returns, raises, or does to its process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Callable

import pytest

from tests.contract import check_apphost
from tests.contract.check_apphost import FOLDER, LIMIT, fails
from tests.contract.hosts import WORKER

# what the app returns


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


# what the app raises


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
    assert time.monotonic() - began < 1.3
    assert "app_timeout" in text
    assert host.execute("print('well')", LIMIT) == "well\n"


def test_a_hang_says_where(host) -> None:
    host.write(worker_task=WORKER.format(body="import time; time.sleep(60)"))
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
    """The pipe is full before the app has hung."""
    host.write(management_task="class ManagementTask:\n    def call(self, data): pass")
    host.load(FOLDER)
    host.execute(
        "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", LIMIT
    ) if False else None
    host._process._process.send_signal(signal.SIGSTOP)  # type: ignore[union-attr]
    fails("hung", lambda: host.call("management", "x" * 10_000_000, 300))


def test_memory_can_be_limited(make_host) -> None:
    host = make_host(memory=200_000_000)
    assert host.worker("return len(bytearray(10_000_000))") == 10_000_000
    assert "memory" in fails("died", lambda: host.worker("return bytearray(300_000_000)"))


# what the app does behind our back


def test_garbage_on_every_file_descriptor(host) -> None:
    body = """
        import os
        for number in range(3, 300):
            for garbage in (
                b'garbage', b'\\n', b'{"id": 1, "value": 2}\\n', b'[' * 100000 + b'\\n', b'[1]\\n\\xff\\n',
                b'{"log": 5}\\n{"log": [1, 2]}\\n{"error": 1}\\n', b'{"id": "',
            ):
                try:
                    os.write(number, garbage)
                except OSError:
                    pass
        return 'well'"""
    assert host.worker(body.strip()) == "well"
    assert host.log == []


def test_the_protocol_is_out_of_the_apps_way(host) -> None:
    """What the app starts does not inherit it."""
    body = "import os; os.system('ls /proc/self/fd | wc -w'); return os.listdir('/proc/self/fd')"
    numbers = host.worker(body)
    assert [number for number in numbers if 3 < int(number) < 100] == []
    assert host.said() == ["4"]  # 0, 1, 2 and that of `ls` itself


def test_a_copy_of_the_app_does_not_answer(host) -> None:
    assert host.worker("import os; return os.fork() == 0") is False
    assert [host.call("worker", None, LIMIT) for _ in range(3)] == [False] * 3


def test_a_copy_that_holds_the_pipes_open(host) -> None:
    body = "import os, time\n        if not os.fork(): time.sleep(60)\n        os._exit(5)"
    assert "status 5" in fails("died", lambda: host.worker(body))


def test_threads_of_the_app(host) -> None:
    body = (
        "import threading, time\n        def run():\n            while True: print('tick'); "
        "time.sleep(0.001)\n        threading.Thread(target=run).start()\n        return 1"
    )
    assert host.worker(body) == 1
    assert host.execute("import time; time.sleep(0.05)", LIMIT).count("tick") > 1
    host.unload()


def test_output_that_is_closed(host) -> None:
    assert host.worker("import os; os.close(1); os.close(2); return 1") == 1
    assert host.worker("import sys; sys.stdout = sys.stderr = None; return 1") == 1


def test_its_world(host, monkeypatch) -> None:
    monkeypatch.setenv("PYTHINGS_WIFI", "secret")
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/notify")
    monkeypatch.setenv("TZ", "UTC")
    body = """
        import os, sys
        open('kept', 'w').close()
        return [dict(os.environ), os.getcwd(), sys.path[0], sys.stdin.read(),
                sorted(name for name in sys.modules if name.split('.')[0] in
                       ('domain', 'ports', 'adapters', 'app'))]"""
    environment, cwd, path, typed, ours = host.worker(body.strip())
    assert environment["TZ"] == "UTC"
    assert not [name for name in environment if name.startswith(("PYTHINGS_", "NOTIFY_"))]
    assert cwd == os.path.join(os.path.realpath(host.root), "data")
    assert path == os.path.join(os.path.realpath(host.root), FOLDER)
    assert (typed, ours) == ("", [])
    host.unload()
    assert sorted(os.listdir(host.root)) == [FOLDER, "data"]
    assert os.listdir(os.path.join(host.root, "data")) == ["kept"]
    assert os.listdir(os.path.join(host.root, FOLDER)) == ["worker_task.py"]  # no __pycache__


def gone(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().split()[2] == "Z"
    except OSError:
        return True


def wait_for(done: Callable[[], object]) -> None:
    until = time.monotonic() + 10
    while not done():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_unloading_ends_it_and_its_children(host) -> None:
    body = "import os, subprocess; return [os.getpid(), subprocess.Popen(['sleep', '60']).pid]"
    pids = host.worker(body)
    before = len(os.listdir("/proc/self/fd"))
    host.unload()
    wait_for(lambda: all(map(gone, pids)))
    assert len(os.listdir("/proc/self/fd")) == before - 3


@pytest.mark.parametrize("body", ["pass", "while True: pass"])
def test_it_dies_with_the_os(body: str, tmp_path) -> None:
    (tmp_path / FOLDER).mkdir()
    source = WORKER.format(body=f"import os; print(os.getpid(), flush=True)\n        {body}")
    (tmp_path / FOLDER / "worker_task.py").write_text(source)
    program = f"""
import time
from adapters.linux.apphost import ProcessAppHost
host = ProcessAppHost({str(tmp_path)!r}, lambda level, text: print(text, flush=True))
host.load({FOLDER!r})
host.call("worker", None, 60000)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert not gone(pid)
        parent.kill()
    wait_for(lambda: gone(pid))


def test_no_process_to_be_had(host, monkeypatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    before = len(os.listdir("/proc/self/fd"))
    host.write(worker_task="")
    fails("died", lambda: host.load(FOLDER))
    fails("died", lambda: host.execute("", LIMIT))
    assert len(os.listdir("/proc/self/fd")) == before
