"""The import rules that hold the hexagon together, read from every source file with ``ast``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# The folders, and of ours what each may import. `adapters` has a finer rule, below.
MAY_IMPORT: dict[str, set[str]] = {
    "ports": set(),
    "domain": {"domain", "ports"},
    "adapters": {"adapters", "domain", "ports"},
    "build": {"build", "app", "adapters", "domain", "ports"},
    "app": {"app", "build", "adapters", "domain", "ports"},
    "tests": {"tests", "app", "build", "adapters", "domain", "ports"},
}

# What is not ours: only these in the inner layers, anything in the outer ones. All of it is what
# MicroPython has too, does no I/O and reads no clock - or is taken out of the slim build.
NOT_OURS = {
    "ports": {"__future__", "typing"},
    "domain": {"__future__", "typing", "json", "binascii", "hashlib", "struct", "attr", "attrs"},
}
ONLY_IN = {"transitions": "domain/machine.py"}

# Boards may build on what MicroPython boards share.
SHARED_FOLDERS = {"adapters/esp8266": {"micropython"}, "adapters/esp32": {"micropython"}}


def imports(tree: ast.Module, path: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the absolute name of all that a module imports, wherever it does."""
    package = path.rsplit("/", 1)[0].split("/")
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{module}.{alias.name}"
        elif isinstance(node, ast.Call) and name_of(node.func) in ("__import__", "import_module"):
            argument = node.args[0] if node.args else None
            known = isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            yield node.lineno, str(argument.value) if known else "?"  # type: ignore[union-attr]


def name_of(function: ast.expr) -> str:
    """Return the last part of a called name."""
    return getattr(function, "attr", getattr(function, "id", ""))


def breaches(path: str, source: str) -> list[str]:
    """Return a sentence for each import in a source file that the rules do not allow."""
    found = imports(ast.parse(source), path)
    return [f"{path}:{line} imports {name}" for line, name in found if not allowed(path, name)]


def allowed(path: str, name: str) -> bool:
    """Tell whether the file at ``path`` may import ``name``."""
    layer = path.split("/")[0]
    top = name.split(".")[0]
    if top in MAY_IMPORT:
        inside = top in MAY_IMPORT[layer]
        return inside and (layer != top or layer != "adapters" or same_adapter(path, name))
    if top in ONLY_IN:
        return path == ONLY_IN[top]
    return layer not in NOT_OURS or top in NOT_OURS[layer]


def same_adapter(path: str, name: str) -> bool:
    """Tell whether an adapter imports from its own folder or from a module that all share."""
    folder = "/".join(path.split("/")[:2])
    target = name.split(".")[1] if "." in name else ""
    own = folder == f"adapters/{target}"
    shared = (ROOT / "adapters" / f"{target}.py").is_file()
    return own or shared or target in SHARED_FOLDERS.get(folder, set())


def sources() -> list[str]:
    """Return all source files of all layers, from the root of the project."""
    files = (file for layer in MAY_IMPORT for file in (ROOT / layer).rglob("*.py"))
    return sorted(file.relative_to(ROOT).as_posix() for file in files)


@pytest.mark.parametrize("path", sources())
def test_a_file_imports_only_what_its_layer_may(path):
    assert breaches(path, (ROOT / path).read_text(encoding="utf-8")) == []


def test_the_layers_are_there():
    layers = {path.split("/")[0] for path in sources()}
    assert {"domain", "ports", "adapters", "app", "build", "tests"} <= layers


BAD = [
    ("domain/run.py", "import time"),
    ("domain/run.py", "import os.path"),
    ("domain/run.py", "from adapters.linux import clock"),
    ("domain/run.py", "import transitions"),
    ("domain/run.py", "from transitions.core import Machine"),
    ("domain/run.py", "from app import device"),
    ("domain/run.py", "def late():\n    import socket"),
    ("domain/run.py", "if TYPE_CHECKING:\n    from adapters import linux"),
    ("domain/run.py", "from .. import adapters"),
    ("domain/run.py", "__import__('time')"),
    ("domain/run.py", "importlib.import_module(name)"),
    ("ports/clock.py", "from domain.errors import LinkError"),
    ("ports/clock.py", "from . import link"),
    ("ports/clock.py", "import abc"),
    ("adapters/linux/link.py", "from app import device"),
    ("adapters/linux/link.py", "import build.slim"),
    ("adapters/linux/link.py", "from tests import fakes"),
    ("adapters/linux/link.py", "from adapters.sim800 import modem"),
    ("adapters/linux/link.py", "from ..sim800 import modem"),
    ("adapters/linux/link.py", "from adapters import sim800"),
    ("adapters/linux/link.py", "import adapters.sim800.modem"),
    ("adapters/sim800/modem.py", "from adapters.micropython import uart"),
    ("adapters/sim800/modem.py", "import transitions"),
    ("app/device.py", "from tests import fakes"),
    ("build/bench.py", "import tests"),
]

GOOD = [
    ("domain/run.py", "from __future__ import annotations\nimport json, binascii, struct, attrs"),
    ("domain/run.py", "from domain import errors\nfrom . import backoff\nimport ports.clock"),
    ("domain/machine.py", "from transitions import Machine"),
    ("ports/clock.py", "from typing import Optional"),
    ("adapters/linux/link.py", "import socket\nimport requests\nfrom ports.link import Link"),
    ("adapters/linux/link.py", "from domain.errors import LinkError\nfrom . import wifi"),
    ("adapters/linux/link.py", "from adapters.linux.wifi import Wifi"),
    ("adapters/esp8266/link.py", "from adapters.micropython import wifi\nimport network"),
    ("app/device.py", "from adapters.linux import link\nimport domain.run, ports.link"),
    ("tests/unit/test_run.py", "from tests import fakes\nimport time\nimport adapters.linux"),
]


@pytest.mark.parametrize(("path", "source"), BAD)
def test_the_check_sees_a_breach(path, source):
    assert len(breaches(path, source)) == 1


@pytest.mark.parametrize(("path", "source"), GOOD)
def test_the_check_lets_pass_what_is_allowed(path, source):
    assert breaches(path, source) == []
