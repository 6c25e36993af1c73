"""The `shell` command, run to its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from app.demo.processes import PROJECT
from tests.e2e.simulated import pytestmark  # noqa: F401 - boards are simulated here, too
from tests.patience import PATIENCE_S


def shell(*arguments: str, status: int = 0, **environment: str) -> str:
    """Run the command until it ends; return its output."""
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "shell", *arguments],
        cwd=PROJECT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr if status else done.stdout


def answers(*arguments: str, status: int = 0) -> list[dict[str, Any]]:
    """Run the command with `--json`; return its answers."""
    return [json.loads(line) for line in shell(*arguments, "--json", status=status).splitlines()]
