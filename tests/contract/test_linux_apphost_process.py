"""ProcessAppHost isolates the app from the OS, and ends it with all its child processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Callable

import pytest

from adapters.linux import appprocess
from adapters.linux.apphost import ProcessAppHost
from adapters.linux.appprocess import end_left_behind
from tests.contract.check_apphost import FOLDER, LIMIT, fails
from tests.contract.hosts import WORKER
from tests.patience import PATIENCE_S


def test_garbage_on_every_file_descriptor(host) -> None:
    body = """
        import os
        for number in range(3, 300):
            for garbage in (
                b'garbage', b'\\n', b'{"id": 1, "value": 2}\\n', b'[' * 100000 + b'\\n',
                b'[1]\\n\\xff\\n',
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
    """Child processes of the app do not inherit the protocol's pipes."""
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
    body = """
        import threading, time
        def run():
            while True:
                print('tick')
                threading.ticks += 1
                time.sleep(0.001)
        threading.ticks = 0
        threading.Thread(target=run).start()
        return 1"""
    assert host.worker(body.strip()) == 1
    until_three_more = """
import threading, time
end = threading.ticks + 3
while threading.ticks < end:
    time.sleep(0.001)"""
    assert host.execute(until_three_more, LIMIT).count("tick") > 1
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
    assert [name for name in environment if name.startswith(("PYTHINGS_", "NOTIFY_"))] == [
        "PYTHINGS_APP_IN"
    ]
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
    until = time.monotonic() + PATIENCE_S
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


def test_unloading_ends_a_daemon_of_its_own(host) -> None:
    pid = host.worker(
        "import subprocess; return subprocess.Popen(['sleep', '60'], start_new_session=True).pid"
    )
    assert not gone(pid)
    host.unload()
    wait_for(lambda: gone(pid))


def test_one_that_is_being_started_is_ended_too(tmp_path) -> None:
    """End a process that has only just been started.

    The kernel shows its environment a moment after its parent runs on: one in fifty of these
    processes was overlooked.
    """
    root = os.path.realpath(tmp_path)
    for _ in range(200):
        left = subprocess.Popen(["sleep", "600"], env={"PYTHINGS_APP_IN": root})
        try:
            end_left_behind(root)
            assert left.wait(PATIENCE_S) == -9
        finally:
            left.kill()


def test_it_is_looked_at_again_until_it_has_an_environment(tmp_path, monkeypatch) -> None:
    process = tmp_path / "123"
    process.mkdir()
    (process / "exe").symlink_to("/bin/sleep")

    def tells(environment: bytes, end: int) -> None:
        (process / "environ").write_bytes(environment)
        (process / "stat").write_text("123 (a) b) S" + " 7" * 47 + " %d 7" % end)

    killed: list[int] = []
    monkeypatch.setattr(time, "sleep", lambda seconds: tells(b"A=b\0PYTHINGS_APP_IN=/x\0", 9))
    monkeypatch.setattr(os, "kill", lambda pid, signum: killed.append(pid))
    tells(b"", 0)
    end_left_behind("/y", str(tmp_path))
    assert killed == []
    tells(b"", 0)
    end_left_behind("/x", str(tmp_path))
    assert killed == [123]
    # The environment appears just after the look for it.
    looked = appprocess._bears

    def bears(*args) -> bool:
        found = looked(*args)
        tells(b"PYTHINGS_APP_IN=/x\0", 9)
        return found

    monkeypatch.setattr(appprocess, "_bears", bears)
    tells(b"", 0)
    end_left_behind("/x", str(tmp_path))
    assert killed == [123, 123]


def test_what_an_os_that_was_killed_has_left_behind_is_ended(tmp_path) -> None:
    root = os.path.realpath(tmp_path)
    left, other = (
        subprocess.Popen(["sleep", "60"], env={"PYTHINGS_APP_IN": path})
        for path in (root, root + "/other")
    )
    try:
        ProcessAppHost(str(tmp_path), lambda level, text: None)
        assert left.wait(PATIENCE_S) == -9
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


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


def test_helpers_named_as_modules_that_the_process_has_itself(host) -> None:
    names = ("json", "socket", "traceback", "linecache", "tokenize")
    host.write(**dict.fromkeys(names, "mine = 1\n"))
    assert host.worker("return self.count") == 0
    host.write(worker_task=WORKER.format(body="return 1 // 0"))
    host.load(FOLDER)
    assert "ZeroDivisionError" in fails("raised", lambda: host.call("worker", None, LIMIT))
    assert host.execute("print(2)", LIMIT) == "2\n"


def test_it_is_killed_between_calls(host) -> None:
    assert host.worker("return self.count") == 0
    pid = int(host.execute("import os; print(os.getpid())", LIMIT))
    os.kill(pid, 9)
    wait_for(lambda: gone(pid))
    assert "SIGKILL" in fails("died", lambda: host.call("worker", None, LIMIT))
    assert host.call("worker", None, LIMIT) == 0
