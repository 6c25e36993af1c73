"""`pythings service`: the unit, the files and commands of each step, the Thing that it starts."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest

from app import cli
from app.cli import service
from app.service.host import ServiceHost
from app.service.unit import DATA, Service, environment
from tests.patience import PATIENCE_S

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ServiceHost:
    """Return a machine in a folder, with commands of systemd that note their arguments."""
    root, tools = tmp_path / "root", tmp_path / "tools"
    (root / "run/systemd/system").mkdir(parents=True)
    tools.mkdir()
    for name in ("systemctl", "journalctl"):
        script = '#!/bin/sh\necho "%s $*" >> "%s"\n! grep -qs "^$1$" "%s"\n'
        (tools / name).write_text(script % (name, tmp_path / "ran", tmp_path / "fails"))
        (tools / name).chmod(0o755)
    monkeypatch.setattr(service, "HOST", ServiceHost(root, str(tools)))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(Service, "hidden", lambda self: "")
    return service.HOST


@pytest.fixture
def run(host: ServiceHost, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs the command: (status, stdout and stderr, systemd's commands)."""

    def call(*arguments: str) -> tuple[int, str, str]:
        status = cli.main(["service", *arguments])
        ran, said = tmp_path / "ran", capsys.readouterr()
        commands = ran.read_text() if ran.exists() else ""
        ran.unlink(missing_ok=True)
        return status, said.out + said.err, commands

    return call


def test_twice_is_once(run: Run, host: ServiceHost) -> None:
    status, said, ran = run("install", "--aid", "A1", "--backend", "https://cloud.example.com")
    assert status == 0, said
    every = "systemctl daemon-reload\nsystemctl enable pythings\n"
    assert ran == every + "systemctl restart pythings\n"
    assert host.environment.stat().st_mode & 0o777 == 0o600
    assert host.unit.stat().st_mode & 0o777 == 0o644
    assert "wrote %s" % host.unit in said
    before = [(path.stat().st_ino, path.read_text()) for path in (host.unit, host.environment)]
    status, said, ran = run("install")
    assert (status, ran) == (0, every + "systemctl start pythings\n")
    assert before == [
        (path.stat().st_ino, path.read_text()) for path in (host.unit, host.environment)
    ]


def test_what_was_given_stays_until_it_is_given_anew(run: Run, host: ServiceHost) -> None:
    host.environment.parent.mkdir()
    host.environment.write_text("# mine\nPYTHINGS_SIM_PIN=1234\nPYTHINGS_AID=old\n")
    assert run("install", "--aid", "new", "--pool", 'a "$garden"')[0] == 0
    assert host.environment.read_text() == (
        '# mine\nPYTHINGS_SIM_PIN=1234\nPYTHINGS_AID="new"\nPYTHINGS_POOL="a \\"\\$garden\\""\n'
    )


def test_a_dry_run_changes_nothing(run: Run, host: ServiceHost) -> None:
    host.environment.parent.mkdir()
    host.environment.write_text("PYTHINGS_SIM_PIN=1234\n")
    status, said, ran = run("install", "--aid", "A1", "--dry-run")
    assert (status, ran) == (0, "")
    assert "would write %s, mode 0644:\n    # This machine" % host.unit in said
    assert "    PYTHINGS_SIM_PIN=***\n" in said
    assert "1234" not in said
    assert "would run: systemctl restart pythings\n" in said
    assert not host.unit.exists()
    assert run("install", "--aid", "A1")[0] == 0
    host.data.mkdir(parents=True)
    status, said, ran = run("uninstall", "--purge", "--dry-run")
    assert (status, ran) == (0, "")
    assert "would remove %s\n" % host.data in said
    assert host.unit.exists() and host.data.exists()


def test_the_data_stays_unless_it_is_to_go(run: Run, host: ServiceHost) -> None:
    run("install", "--aid", "A1")
    private = host.data.parent / "private" / "pythings"
    private.mkdir(parents=True)
    (private / "journal").write_text("x")
    host.data.symlink_to("private/pythings")
    status, said, ran = run("uninstall")
    assert (status, ran) == (0, "systemctl disable --now pythings\nsystemctl daemon-reload\n")
    assert "data stays in %s" % host.data in said
    assert not host.unit.exists()
    assert (host.data / "journal").exists() and host.environment.exists()
    status, said, ran = run("uninstall", "--purge")
    assert (status, ran) == (0, "systemctl daemon-reload\n")
    assert not os.path.lexists(host.data) and not private.exists()
    assert not host.environment.exists()
    assert run("uninstall", "--purge")[0] == 0


def test_status_and_logs(run: Run, tmp_path: Path) -> None:
    assert run("status")[2] == "systemctl status --no-pager pythings\n"
    assert run("logs", "-n", "5")[2] == "journalctl --unit pythings --lines 5 --no-pager\n"
    assert run("logs", "-f")[2] == "journalctl --unit pythings --lines 100 --follow\n"
    (tmp_path / "fails").write_text("status\n")
    assert run("status")[0] == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["install"], "no App id: give --aid AID"),
        (["install", "--aid", "A", "--modem", "/dev/tty\nX"], "cannot be printed - leave them out"),
        (["install", "--aid", "A" * 40], "aid is longer than 36 characters"),
        (["install", "--aid", "A", "--ca", "missing"], "give a PEM file with --ca"),
        (["install", "--aid", "A", "--trust", "missing"], "give another with --trust"),
    ],
)
def test_a_thing_that_would_not_start_is_refused(
    arguments, says, run: Run, host: ServiceHost
) -> None:
    status, said, ran = run(*arguments)
    assert (status, ran) == (1, "")
    assert says in said
    assert not host.unit.exists()


def test_where_it_cannot_be_done(run: Run, host: ServiceHost, tmp_path: Path, monkeypatch) -> None:
    install = ("install", "--aid", "A")
    (tmp_path / "fails").write_text("restart\ndisable\n")
    status, said, _ = run(*install)
    assert status == 1
    assert "systemctl restart pythings failed - pythings service logs says why" in said
    assert "was not stopped" in run("uninstall")[1]
    monkeypatch.setattr(service, "HOST", ServiceHost(host.root, str(tmp_path / "nothing")))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(service, "HOST", ServiceHost(host.root))
    assert "there is no systemctl - install the package systemd" in run("status")[1]
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "put sudo before the same command" in run(*install)[1]
    shutil.rmtree(host.root / "run")
    assert "start `pythings run --root /var/lib/pythings`" in run(*install)[1]
    assert "systemd does not run on this machine" in run("status")[1]


def test_files_that_cannot_be_used(host: ServiceHost, run: Run, tmp_path: Path) -> None:
    host.environment.mkdir(parents=True)
    assert "pythings.env cannot be read: " in run("install", "--aid", "A")[1]
    host.environment.rmdir()
    (host.root / "etc/systemd").write_text("a file")
    assert "pythings.service cannot be" in run("install", "--aid", "A")[1]


def test_a_place_that_the_service_cannot_read(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "pythings").mkdir(parents=True)
    closed.chmod(0o700)
    within = Service((), (str(closed / "pythings"),))
    parts = [str(closed), *map(str, closed.parents)]  # pytest's own folders are closed, too
    assert within.hidden() in parts
    assert Service((), ("/bin/sh",)).hidden() == ""


def unit(*arguments: str) -> str:
    options = service._parser().parse_args(["install", "--aid", "A", *arguments])
    return service._service(options).unit()


def values(text: str, name: str) -> list[str]:
    lines = text.splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(name + "=")]


def test_words_of_a_command() -> None:
    made = Service(("/opt/a b/python", "50%", "$x", 'say "no"'), ()).unit()
    assert values(made, "ExecStart") == ['"/opt/a b/python" 50%% "$$x" "say \\"no\\""']
    assert values(made, "ProtectHome") == ["yes"]
    assert values(Service(("x",), ("/home/me",)).unit(), "ProtectHome") == ["read-only"]
    assert environment("", {}) == ""


@pytest.mark.parametrize("arguments", [[], ["--modem", "/dev/ttyUSB0", "--board", "raspberrypi"]])
def test_systemd_finds_no_fault(arguments, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd-analyze")
    file = tmp_path / "pythings.service"
    file.write_text(unit(*arguments))
    security = [analyze, "security", "--offline=true", "--threshold=29", str(file)]
    done = subprocess.run(security, capture_output=True, text=True)
    if "--offline" in done.stderr:
        pytest.skip("this systemd-analyze reads no files")
    assert done.returncode == 0, done.stdout[-300:]
    done = subprocess.run([analyze, "verify", str(file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert file.name not in done.stderr  # remarks on other units do not concern us


def test_a_modem_is_reached_by_its_kind() -> None:
    made = unit("--modem", "/dev/ttyUSB3")
    assert values(made, "DeviceAllow") == ["char-ttyUSB rw"]
    assert values(made, "PrivateDevices") == []


@pytest.mark.slow  # with the launcher's environment, which other Pythons do not have
def test_the_thing_that_it_starts_feeds_the_watchdog(tmp_path: Path) -> None:
    (command,) = values(unit(), "ExecStart")
    argv = [word.replace(DATA, str(tmp_path / "data")) for word in shlex.split(command)]
    assert argv[0] == sys.executable
    address = tmp_path / "notify"
    given = {"PYTHINGS_AID": "A", "PYTHINGS_BACKEND": "http://127.0.0.1:1"}
    watched = {"NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": "360000000"}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(address))
        systemd.settimeout(PATIENCE_S)
        with subprocess.Popen(
            argv, cwd="/", env={**os.environ, **given, **watched}, stdout=subprocess.DEVNULL
        ) as process:
            try:
                said = [systemd.recv(1000).decode() for _ in range(4)]
            finally:
                process.terminate()
    assert said[0] == "READY=1\nWATCHDOG_USEC=0"  # of the launcher, for an OS that does not feed
    assert said[1] == "READY=1\nWATCHDOG_USEC=340000000"
    assert said[2:] == ["WATCHDOG=1", "WATCHDOG=1"]
    assert process.returncode == 0
