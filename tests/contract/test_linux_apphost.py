"""ProcessAppHost keeps the port's contract with well-behaved and with bad apps."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from adapters.linux import apphost as module
from adapters.linux.apphost import AppLog, Output
from adapters.linux.lines import Lines
from domain.errors import AppError
from tests.contract import check_apphost
from tests.contract.check_apphost import BEHAVIOURS, BROKEN, FOLDER, LIMIT, fails
from tests.contract.hosts import WORKER, Host


@pytest.mark.parametrize("check", check_apphost.CHECKS, ids=lambda check: check.__name__)
def test_contract(check, make_host, tmp_path) -> None:
    def with_app(worker: str, management: str) -> Host:
        made: Host = make_host()
        made.root = made._root = str(tmp_path / f"{worker}-{management}")
        made.write(BROKEN, worker_task="import nothing_of_that_name")
        if worker:
            made.write(worker_task=WORKER.format(body=BEHAVIOURS[worker]))
        if management:
            source = WORKER.format(body=BEHAVIOURS[management]).replace("Worker", "Management")
            made.write(management_task=source)
        return made

    check(with_app)


# output of the app


def test_logger_and_print_reach_the_log(host) -> None:
    host.write(
        worker_task="""
        import logger, sys, os
        logger.debug("loading")
        class WorkerTask:
            def call(self):
                logger.info("info", {"a": 1})
                logger.warning("warning", "detail")
                logger.error(ValueError("error"), detail=0)
                logger.critical("critical", detail="")
                print("printed", end="")
                print("to stderr", file=sys.stderr)
                os.write(1, b"raw \\xff\\n")
                os.system("echo from a child process")
        """
    )
    host.load(FOLDER)
    assert host.log == [(10, "loading")]
    host.call("worker", None, LIMIT)
    assert sorted(host.log[1:]) == sorted(
        [
            (20, "info: {'a': 1}"),
            (30, "warning: detail"),
            (40, "error: 0"),
            (50, "critical"),
            (20, "printedto stderr"),
            (20, "raw \ufffd"),
            (20, "from a child process"),
        ]
    )


def test_a_flood_is_dammed(host) -> None:
    host.worker("for i in range(20000): print('line %d' % i)")
    assert host.said()[:2] == ["line 0", "line 1"]
    assert len(host.log) < 60
    assert "more lines" in host.said()[-1]
    host.log.clear()
    host.worker("import logger; [logger.info('x' * 5000) for i in range(3000)]")
    assert len(host.log) < 60
    assert all(len(text) <= 1000 for text in host.said())


def test_log_goes_on_after_a_while(monkeypatch) -> None:
    now = [0.0]
    # Patch this module only: event loops of other tests in this process need the real clock.
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    said: list[str] = []
    log = AppLog(lambda level, text: said.append(text))
    log.printed(b"x\n" * 70 + b"begun")
    assert len(said) == 50
    log.settle()
    log.settle()
    assert said[50:] == ["20 more lines of the app are left out"]
    now[0] += 20
    log.printed(b" and ended\n")
    assert said[51:] == ["begun and ended"]
    log.printed(b"x\n" * 60)
    log.settle()
    now[0] += 20
    log.logged(20, "\ud800")
    log.settle()
    assert said[-2:] == ["x", "?"]  # no second report within a minute


def test_what_is_left_out_is_told_once_a_minute_and_at_the_end(monkeypatch) -> None:
    now = [0.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    told: list[str] = []
    log = AppLog(lambda level, text: told.append(text) if level == 30 else None)
    for _ in range(121):  # an app that prints 100 lines a second
        log.printed(b"x\n" * 100)
        log.settle()
        now[0] += 1
    assert len(told) == 3
    log.printed(b"x\n" * 5)
    log.settle(True)
    assert len(told) == 4
    log.settle(True)
    assert len(told) == 4
    left_out = sum(int(text.split()[0]) for text in told)
    assert left_out == 121 * 100 + 5 - 13 * 50


def test_what_an_app_says_before_it_dies_is_heard(host) -> None:
    with pytest.raises(AppError):
        host.worker("print('goodbye'); import os; os._exit(1)")
    assert host.said() == ["goodbye"]


# commands


def test_commands(host) -> None:
    assert host.execute("print('one'); import os; os.system('echo two')", LIMIT) == "one\ntwo\n"
    assert host.execute("x = 5", LIMIT) == ""
    assert host.execute("print(x)", LIMIT) == "5\n"
    assert host.execute("import sys; print('e', file=sys.stderr)", LIMIT) == "e\n"
    assert host.execute("print('\u00e9')", LIMIT) == "\u00e9\n"
    assert host.log == []


@pytest.mark.parametrize(
    "deed",
    [
        "import sys; sys.stdout.close(); sys.stderr.close()",
        "import sys; sys.stdout = sys.stderr = None",
        "import io, sys; sys.stdout = sys.stderr = io.StringIO()",
    ],
)
def test_a_command_is_heard_whatever_the_app_does_to_its_files(host, deed) -> None:
    host.worker(deed)
    assert host.execute("print('one')", LIMIT) == "one\n"
    text = host.execute("import sys; print('two', file=sys.stderr); 1 / 0", LIMIT)
    assert text.startswith("two\nTraceback")
    assert text.endswith("ZeroDivisionError: division by zero\n")


def test_a_command_leaves_the_app_its_output(host) -> None:
    host.worker("print('app')")
    said = "import sys; print('\\ud800'); sys.stdout.close(); sys.stderr = None"
    assert host.execute(said, LIMIT) == "\\ud800\n"
    assert host.call("worker", None, LIMIT) is None
    assert host.said() == ["app", "app"]


def test_a_command_that_prints_nothing_runs_without_a_standard_output(host) -> None:
    host.worker("import os; os.close(1); os.close(2)")
    assert host.execute("import worker_task; worker_task.WorkerTask.count = 5", LIMIT) == ""
    assert host.execute("assert worker_task.WorkerTask.count == 5", LIMIT) == ""


def test_commands_that_fail(host) -> None:
    text = host.execute("print(1)\n1 / 0", LIMIT)
    assert text.startswith('1\nTraceback (most recent call last):\n  File "<command>", line 2, in')
    assert text.endswith("ZeroDivisionError: division by zero\n")
    assert "appchild" not in text
    assert "SyntaxError" in host.execute("print(", LIMIT)
    assert host.execute("exit(3)", LIMIT).endswith("SystemExit: 3\n")
    assert "null bytes" in host.execute("\0", LIMIT)
    assert len(host.execute("raise ValueError('x' * 100000)", LIMIT)) < 10_000


def test_a_command_that_prints_a_lot(host) -> None:
    text = host.execute("print('x' * 300000)", LIMIT)
    assert text.endswith("\n... and 234465 bytes more\n")
    assert len(text) < 66_000


def test_commands_beside_the_app(host) -> None:
    assert host.worker("return self.count") == 0
    assert host.execute("import worker_task; print(worker_task.WorkerTask.count)", LIMIT) == "-1\n"
    assert host.call("worker", None, LIMIT) == 1
    fails("hung", lambda: host.execute("while True: pass", 200))
    fails("died", lambda: host.execute("import os; os._exit(0)", LIMIT))
    assert host.execute("print('well')", LIMIT) == "well\n"
    assert host.call("worker", None, LIMIT) == 0


# parts


def test_lines_are_bounded() -> None:
    lines = Lines(5)
    assert lines.feed(b"one\ntwo") == [b"one"]
    assert lines.feed(b"") == []
    assert lines.feed(b" and more") == []
    assert lines.feed(b" and more\nx\n") == [b"two a", b"x"]
    assert lines.feed(b"123456789\n") == [b"12345"]


def test_output_is_bounded() -> None:
    output = Output()
    for _ in range(7):
        output.add(b"x" * 10_000)
    assert output.text() == "x" * 65536 + "\n... and 4464 bytes more\n"
