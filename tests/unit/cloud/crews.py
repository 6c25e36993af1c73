"""A cloud of several processes, in a process of its own."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

from app.cloud.client import AdminClient
from tests.patience import PATIENCE_S
from tests.unit.cloud.wire import Wire

ROOT = Path(__file__).resolve().parents[3]


def workers_of(pid: int) -> set[int]:
    """Return the worker processes of a cloud."""
    return {int(it) for it in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


@contextlib.contextmanager
def started(data: Path, database: str, *more: str) -> Iterator[SimpleNamespace]:
    """Run a cloud with two workers: its `process`, a `wire`, an `admin` client."""
    command = [sys.executable, "-m", "app.cli", "cloud", "serve", "--workers", "2", "--json"]
    command += ["--port", "0", "--data", str(data), "--database", database, *more]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout
        url = json.loads(process.stdout.readline())["url"]
        with contextlib.closing(AdminClient.from_data(data)) as admin:
            yield SimpleNamespace(process=process, wire=Wire(url), admin=admin, data=data, url=url)
        process.terminate()
        process.wait(PATIENCE_S)
