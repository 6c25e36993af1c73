"""The service in `deploy/` starts what there is, and is let do nothing else."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from app.cloud.cli.parser import parser
from app.cloud.cli.serve import serve

UNIT = Path(__file__).resolve().parents[3] / "deploy" / "pythings-cloud.service"


def values(name):
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(name + "=")]


def test_it_starts_the_cloud():
    (command,) = values("ExecStart")
    program, cloud, *arguments = shlex.split(command)
    assert (Path(program).name, cloud) == ("pythings", "cloud")
    args = parser().parse_args(arguments)
    assert args.run is serve
    assert str(args.data) == f"/var/lib/{values('StateDirectory')[0]}"
    assert args.host == "127.0.0.1"


def test_it_is_let_do_little():
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd-analyze")
    command = [analyze, "security", "--offline=yes", "--threshold=20", str(UNIT)]
    done = subprocess.run(command, capture_output=True, text=True)
    if "--offline" in done.stderr:
        pytest.skip("this systemd-analyze reads no files")
    assert done.returncode == 0, done.stdout[-300:]
