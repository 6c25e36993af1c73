"""The generated OS on MicroPython, to which releases and apps are offered."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from build.slim import emit, probe
from build.slim.boards import DOMAIN
from build.slim.passes import program_of, transform
from tests.conformance.engines import _trace


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a folder with the generated OS and a program that offers it releases."""
    if not probe.micropython():
        pytest.skip("MicroPython's unix port is not installed")
    board = replace(DOMAIN, modules=(*DOMAIN.modules, *_CRYPTO))
    program = program_of(board, (_PACKAGE,))
    transform(program)
    folder = tmp_path_factory.mktemp("forged")
    for name, data in emit.files(program.sources, "").items():
        (folder / name).write_bytes(data)
    (folder / "run.py").write_text(_DRIVER)
    return folder


_CRYPTO = tuple("adapters.micropython." + name for name in ("crypto", "rsa", "aes"))
_PACKAGE = "tests.security.scenarios"
_DRIVER = """import json
from watch_forged import tests_security_scenarios_forged__run as run

def cases():
    with open("cases.jsonl") as file:
        for line in file:
            yield json.loads(line)

run(print, cases())
"""


def on_micropython(place, cases):
    """Run the cases; return (event, files put into a slot, reason of a failure) for each."""
    lines = [json.dumps(case) + "\n" for case in cases]
    (place / "cases.jsonl").write_text("".join(lines))
    command = [*probe.micropython(), "-X", "heapsize=32M", "run.py"]
    return [json.loads(line) for line in _trace(command, place, None)]
