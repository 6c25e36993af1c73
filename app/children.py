"""Starts child processes that end with us, even when we are killed (on Linux)."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from app.parent import VARIABLE

# The kernel ends a child with the thread that started it: this one lives as long as we do.
_starter = ThreadPoolExecutor(1)


def start(command: list[str], **options: Any) -> subprocess.Popen[Any]:
    """Start a `pythings` command, or what else heeds `app.parent`; `options` are those of `Popen`.
    Raises OSError."""
    environment = options.pop("env", None) or os.environ
    options["env"] = {**environment, VARIABLE: str(os.getpid())}
    return _starter.submit(lambda: subprocess.Popen(command, **options)).result()
