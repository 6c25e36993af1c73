"""LinuxSystem keeps the port's contract on simulated machines and in real processes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any, Callable

import pytest

from adapters.linux import system as module
from adapters.linux.system import RESTART_EXIT, LinuxSystem, derive, same_command
from tests.contract import check_system
from tests.patience import PATIENCE_S

MACHINE_ID = "0123456789abcdef0123456789abcdef"


class Machine:
    """A folder with the files of a machine in `host`, and the root of a Thing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.root = str(path / "thing")
        self.write("etc/machine-id", MACHINE_ID + "\n")
        self.write("proc/meminfo", "MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable:  600 kB\n")
        self.boot("boot-1")

    def write(self, name: str, text: str) -> None:
        file = self.path / "host" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def remove(self, name: str) -> None:
        (self.path / "host" / name).unlink()

    def boot(self, boot_id: str) -> None:
        self.write("proc/sys/kernel/random/boot_id", boot_id + "\n")

    def system(self, **options: Any) -> LinuxSystem:
        options.setdefault("environ", {})
        return LinuxSystem(self.root, host=str(self.path / "host"), **options)


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize("check", check_system.CHECKS, ids=lambda check: check.__name__)
def test_contract(check, machine: Machine) -> None:
    def make(cause: str) -> LinuxSystem:
        last = machine.system()
        last.reset_cause()
        if cause == "power_on":
            machine.boot(f"boot-{uuid.uuid4()}")
        elif cause == "stopped":
            last.stopped()
        elif cause == "restart":
            with pytest.raises(SystemExit):
                machine.system(supervised=True).restart()
        elif cause == "watchdog":
            Path(machine.root, "watchdog").write_text("Timeout (0:00:01)!\n")
        return machine.system()

    check(make)


def test_contract_on_this_machine(tmp_path) -> None:
    def make(cause: str) -> LinuxSystem:
        return LinuxSystem(str(tmp_path))

    for check in check_system.CHECKS:
        if check is not check_system.knows_why_it_runs:
            check(make)


# sleep


def test_a_sleep_ends_the_process_and_leaves_a_note(machine):
    assert "--sleep" in machine.system().sleep(0, b"")
    system = machine.system(sleeps=True)
    assert (system.reset_cause(), system.sleep(0, b"")) == ("power_on", "")
    with pytest.raises(SystemExit) as end:
        system.sleep(60, b"[1, 2]")
    assert end.value.code == 0
    assert Path(machine.root, "asleep").stat().st_mode & 0o777 == 0o600  # keys are in it
    machine.boot("boot-2")  # the machine itself may be off meanwhile
    after = machine.system(sleeps=True)
    assert after.reset_cause() == "wake"
    assert after.woken() == (pytest.approx(0, abs=600), b"[1, 2]")
    assert after.woken() == (0, b"")
    assert machine.system().reset_cause() == "crash"


# identity


def test_identity_is_derived_from_the_machine_id(machine) -> None:
    identity = machine.system().identity()
    assert identity == derive(bytes.fromhex(MACHINE_ID), machine.root)
    assert str(uuid.UUID(identity)) == identity
    assert MACHINE_ID[:8] not in identity
    assert machine.system().identity() == identity
    machine.root += "-other"
    other = machine.system().identity()
    assert other != identity  # another Thing on the same machine
    machine.root = machine.root[: -len("-other")]
    machine.write("etc/machine-id", "f" * 32)
    assert machine.system().identity() != identity


@pytest.mark.parametrize("machine_id", ["", "uninitialized\n", "0" * 32, "abcd", "x" * 32])
def test_a_machine_without_id_is_given_one(machine_id: str, machine) -> None:
    machine.write("etc/machine-id", machine_id)
    identity = machine.system().identity()
    assert len(identity) == 36
    assert machine.system().identity() == identity
    machine.remove("etc/machine-id")
    assert machine.system().identity() == identity
    Path(machine.root, "identity").write_text("x" * 50)
    assert machine.system().identity() not in (identity, "x" * 50)


def test_an_identity_that_cannot_be_kept_holds_for_this_run(machine) -> None:
    machine.remove("etc/machine-id")
    Path(machine.root).write_text("not a folder")
    system = machine.system()
    assert system.identity() == system.identity()


# reset cause


def test_a_story_of_runs(machine: Machine) -> None:
    def run() -> LinuxSystem:
        system = machine.system()
        causes.append(system.reset_cause())
        return system

    causes: list[str] = []
    run()  # the first run, which crashes
    run().stopped()
    run().stopped()
    machine.boot("boot-2")
    run()
    run()
    machine.boot("boot-3")
    run().stopped()
    machine.boot("boot-4")
    run()
    assert causes == [
        "power_on",
        "crash",
        "stopped",
        "power_on",
        "crash",
        "power_on",
        "power_on",
    ]


def test_a_marker_that_makes_no_sense(machine) -> None:
    machine.system().reset_cause()
    for text, cause in (("", "power_on"), ("\0\xff", "power_on"), ("nonsense boot-1", "crash")):
        Path(machine.root, "running").write_text(text)
        assert machine.system().reset_cause() == cause


def test_a_root_that_cannot_be_written(machine) -> None:
    Path(machine.root).write_text("not a folder")
    system = machine.system(supervised=True)
    assert system.reset_cause() == "power_on"
    system.stopped()
    system.watchdog(1000)
    system.feed()


# restart


def test_restart_runs_the_same_command(machine) -> None:
    commands: list[Any] = []
    system = machine.system(execv=lambda path, arguments: commands.append((path, arguments)))
    system.reset_cause()
    system.restart()
    assert commands == [(sys.executable, same_command())]
    assert machine.system().reset_cause() == "restart"


def test_restart_with_streams_that_are_closed(machine, monkeypatch) -> None:
    class Closed:
        def flush(self) -> None:
            raise ValueError("closed")

    monkeypatch.setattr(sys, "stdout", Closed())
    machine.system(execv=lambda path, arguments: None).restart()


def test_restart_when_the_interpreter_is_gone(machine) -> None:
    def execv(path: str, arguments: list[str]) -> None:
        raise FileNotFoundError(path)

    with pytest.raises(SystemExit) as caught:
        machine.system(execv=execv).restart()
    assert caught.value.code == RESTART_EXIT


def test_the_same_command(monkeypatch) -> None:
    monkeypatch.setattr(sys, "orig_argv", ["py", "-X", "dev", "-m", "app.cli", "run"])
    assert same_command() == [sys.executable, "-X", "dev", "-m", "app.cli", "run"]


def run(program: str, root: str, *arguments: str, status: int = 0) -> list[str]:
    """Run a program with a LinuxSystem and return the words that it prints."""
    file = Path(root, "program.py")
    file.write_text("import sys, time\nfrom adapters.linux.system import LinuxSystem\n" + program)
    result = subprocess.run(
        [sys.executable, str(file), root, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE_S,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert result.returncode == status
    return result.stdout.split()


def test_restarts_for_real(tmp_path) -> None:
    program = """
system = LinuxSystem(sys.argv[1])
print(system.reset_cause(), sys.argv[2], end=" ")
if system.reset_cause() != "restart":
    system.restart()
"""
    root = str(tmp_path)
    assert run(program, root, "x y") == ["power_on", "x", "y", "restart", "x", "y"]
    assert run(program, root, "z") == ["crash", "z", "restart", "z"]


def test_the_supervisor_is_asked_for_a_restart(tmp_path) -> None:
    program = "LinuxSystem(sys.argv[1], supervised=True).restart()"
    run(program, str(tmp_path), status=RESTART_EXIT)
    assert RESTART_EXIT == 75


# watchdog


def test_watchdog_ends_a_run_that_hangs(tmp_path) -> None:
    program = """
system = LinuxSystem(sys.argv[1], supervised=True)
print(system.reset_cause(), flush=True)
system.watchdog(1500)
for _ in range(8):
    time.sleep(0.2)
    system.feed()
print("fed", flush=True)
if len(sys.argv) > 2:
    while True: pass
"""
    assert run(program, str(tmp_path)) == ["power_on", "fed"]
    assert run(program, str(tmp_path), "hang", status=1) == ["crash", "fed"]
    assert "File" in (tmp_path / "watchdog").read_text()
    assert run(program, str(tmp_path)) == ["watchdog", "fed"]
    assert run(program, str(tmp_path)) == ["crash", "fed"]


def test_without_a_supervisor_nothing_ends_us(machine) -> None:
    system = machine.system()
    system.watchdog(1)
    time.sleep(0.05)
    system.feed()
    assert not Path(machine.root, "watchdog").exists()


@pytest.fixture
def listen(stack, tmp_path) -> Callable[[str], Callable[[], str]]:
    """Return `listen(address)`, which listens as systemd does and returns a reader of messages."""

    def start(address: str) -> Callable[[], str]:
        sock = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        sock.bind("\0" + address[1:] if address[0] == "@" else address)
        sock.settimeout(5)
        return lambda: sock.recv(1000).decode()

    return start


@pytest.mark.parametrize("abstract", [True, False])
def test_tells_systemd(abstract: bool, machine, listen, tmp_path) -> None:
    address = f"@pythings-test-{uuid.uuid4()}" if abstract else str(tmp_path / "notify")
    received = listen(address)
    system = machine.system(environ={"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1"})
    system.feed()
    system.watchdog(60_000)
    assert received() == "READY=1\nWATCHDOG_USEC=70000000"
    assert received() == "WATCHDOG=1"
    system.feed()
    assert received() == "WATCHDOG=1"
    machine.system(environ={"NOTIFY_SOCKET": address}).watchdog(1)
    assert received() == "READY=1"


def test_systemd_that_does_not_listen(machine, tmp_path) -> None:
    machine.system(environ={"NOTIFY_SOCKET": str(tmp_path / "nobody")}).watchdog(1)


# memory


def test_memory(machine) -> None:
    assert machine.system().memory() == (600 * 1024, 1000 * 1024)
    for text in ("", "MemTotal:", "MemTotal: x kB\n", "nonsense\n\n:::\n"):
        machine.write("proc/meminfo", text)
        assert machine.system().memory() == (0, 0)


def test_what_is_written_is_whole(machine) -> None:
    machine.system().reset_cause()
    assert sorted(os.listdir(machine.root)) == ["running"]
    assert module._read(os.path.join(machine.root, "running")) == "running boot-1\n"
